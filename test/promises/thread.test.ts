/** The same facts where there is no libuv: a thread waits. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { recv } from "posix-select/promises";
import { socketpair } from "posix-select/socket";
import { native } from "../../src/native.ts";
import { Cleanup } from "../helpers/cleanup.ts";
import { expectPending } from "./support.ts";

vi.mock(import("../../src/runtime.ts"), () => ({ hasLibuv: false }));

const watch = vi.spyOn(native, "waiterWatch");
const open = vi.spyOn(native, "watcherOpen");

describe("by a thread", async () => {
  await import("./readable.test.ts");
  await import("./select.test.ts");
  await import("./accept.test.ts");
  await import("./recv.test.ts");
  await import("./sendAll.test.ts");
  await import("./connect.test.ts");
  await import("./limits.test.ts");
  await import("./closing.test.ts");
  await import("./reuse.test.ts");
  await import("./fairness.test.ts");
  await import("./many.test.ts");
});

test("the thread is what waits", async () => {
  using cleanup = new Cleanup();
  const [a, b] = cleanup.both(socketpair());
  watch.mockClear();
  for (let i = 0; i < 3; i++) {
    const waiting = recv(a, 1);
    await expectPending(waiting);
    b.send("x");
    await waiting;
  }
  expect(watch.mock.calls.length).toBeGreaterThan(1);
});

afterAll(() => {
  expect(open).not.toHaveBeenCalled();
});
