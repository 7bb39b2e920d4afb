/**
 * The waits that do not hold the thread, where the runtime's loop can't be asked
 * to watch: a thread does it.
 */
import { afterAll, expect, test, vi } from "vitest";
import { native } from "../../src/native.ts";
import { asyncContract } from "./async.contract.ts";

vi.mock("../../src/runtime.ts", () => ({ hasLibuv: false }));

const loop = vi.spyOn(native, "watcherOpen");
const thread = vi.spyOn(native, "waiterWatch");

asyncContract();

test("all of that was the thread's work", () => {
  expect(loop).not.toHaveBeenCalled();
  expect(thread.mock.calls.length).toBeGreaterThan(100);
});

afterAll(() => {
  vi.restoreAllMocks();
});
