/** What the tests of kqueue share; they run on a simulation or on a kernel. */
import { spawn } from "node:child_process";
import { expect } from "vitest";
import { type KEvent, makeKevent } from "../../src/kqueue.ts";
import {
  type KqueueFactory,
  kqueueFactory,
  type KqueueObject,
} from "../../src/kqueue.ts";
import type { KqueueCalls } from "../../src/kqueue-set.ts";
import type { Socket } from "../../src/socket/index.ts";
import type { Cleanup } from "../helpers/cleanup.ts";
import type { KqueueTestConstants } from "./darwin-constants.ts";

/** A system to test on, a real one or a simulation. */
export interface KqueueSystem {
  readonly calls: KqueueCalls;
  readonly constants: KqueueTestConstants;
}

/** What TypeScript would not let a caller pass. */
export const wrong = (value: unknown): never => value as never;

export const wrongType = { code: "ERR_INVALID_ARG_TYPE", name: "TypeError" };
export const wrongValue = { code: "ERR_OUT_OF_RANGE", name: "RangeError" };
export const containing = (text: string): string =>
  expect.stringContaining(text) as string;

/** Far more than it takes; a wait for ever would hang where it fails. */
export const soonMs = 30_000;

/** Kqueues of a system, closed with a test's `using` block. */
export function kqueues(system: KqueueSystem): {
  readonly factory: KqueueFactory;
  readonly open: (cleanup: Cleanup) => KqueueObject;
} {
  const factory = kqueueFactory(system.calls);
  return { factory, open: (cleanup) => cleanup.use(factory.kqueue()) };
}

/** The parts of a change that a test cares for. */
export interface ChangeParts {
  readonly flags?: number;
  readonly fflags?: number;
  readonly data?: number;
  readonly udata?: number;
}

/** Makes changes with a system's constants. */
export function changes({ constants: system }: KqueueSystem): {
  readonly read: (fd: number | Socket, parts?: ChangeParts) => KEvent;
  readonly write: (fd: number | Socket, parts?: ChangeParts) => KEvent;
  readonly user: (ident: number, parts?: ChangeParts) => KEvent;
  readonly timer: (ident: number, parts?: ChangeParts) => KEvent;
} {
  const of =
    (filter: number) =>
    (ident: number | Socket, parts: ChangeParts = {}): KEvent => {
      const { flags = system.KQ_EV_ADD, fflags, data, udata } = parts;
      return makeKevent(ident, filter, flags, fflags, data, udata);
    };
  return {
    read: of(system.KQ_FILTER_READ),
    write: of(system.KQ_FILTER_WRITE),
    user: of(system.KQ_FILTER_USER),
    timer: of(system.KQ_FILTER_TIMER),
  };
}

/** Which filter of what, of each event, in an order of its own. */
export function named(events: readonly KEvent[]): [number, number][] {
  return events
    .map(({ ident, filter }): [number, number] => [ident, filter])
    .sort(([a, b], [c, d]) => a - c || b - d);
}

/** Has a child write to a descriptor after a while, in milliseconds. */
export function writeLater(
  cleanup: Cleanup,
  fd: number,
  laterMs: number,
): void {
  const child = spawn("sh", ["-c", `sleep ${laterMs / 1000}; echo x >&3`], {
    stdio: ["ignore", "ignore", "ignore", fd],
  });
  cleanup.defer(() => child.kill("SIGKILL"));
}

/** How many milliseconds `call` takes. */
export function elapsedMs(call: () => unknown): number {
  const begin = performance.now();
  call();
  return performance.now() - begin;
}
