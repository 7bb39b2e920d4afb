import { invalidType, mask, options } from "../arguments.ts";
import { timeout, type Timeout } from "../deadline.ts";
import { signalOf, type SignalOptions } from "../pending.ts";
import { lengthOf } from "../recv-send.ts";
import { HANDLE } from "../socket/base.ts";
import { Socket } from "../socket/index.ts";
import { limits, type Limits } from "./waits.ts";

/** How long a wait lasts at most, and what ends it before. */
export interface WaitOptions extends SignalOptions {
  /**
   * Milliseconds for the whole call; undefined, null and Infinity wait for ever,
   * 0 or less does not wait.
   */
  readonly timeoutMs?: Timeout;
}

/** What calls that receive or send take. */
export interface TransferOptions extends WaitOptions {
  /** `MSG_PEEK`, `MSG_OOB`, ...; `MSG_DONTWAIT` changes nothing. */
  readonly flags?: number;
}

/** What the owner of a descriptor is known by: not the Socket, which may be lost. */
export function ownerOf(file: unknown): object | undefined {
  return file instanceof Socket ? file[HANDLE] : undefined;
}

const forever: Limits = { deadline: Infinity, signal: undefined };

export function limitsOf(settings: WaitOptions | undefined): Limits {
  if (settings === undefined) return forever;
  const signal = signalOf(settings);
  return limits(timeout(settings.timeoutMs), signal);
}

export function flagsOf(settings: TransferOptions | undefined): number {
  if (settings === undefined) return 0;
  options(settings, "options");
  return mask(settings.flags ?? 0, "options.flags");
}

export function checkSocket(value: unknown): void {
  if (value instanceof Socket) return;
  throw invalidType("socket", "a Socket", value);
}

/** Checks that memory has not been detached, or shrunk, since. */
export function checkStays(
  view: Uint8Array,
  length: number,
  name: string,
): void {
  if (lengthOf(view) >= length) return;
  throw invalidType(name, "memory that stays where it is", view);
}
