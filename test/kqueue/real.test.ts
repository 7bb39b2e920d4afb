/** `Kqueue` on the system's own kqueue(2), where there is one: macOS. */
import { describe, expect, test } from "vitest";
import * as posix from "posix-select";
import * as system from "../../src/constants.ts";
import { kqueueCalls } from "../../src/kqueue-set.ts";
import { darwin } from "./darwin-constants.ts";
import { rawTests } from "./raw.ts";

if (kqueueCalls === undefined) {
  console.log(
    `left out: ${process.platform} has no kqueue(2); simulated in kqueue.test.ts`,
  );
}

describe.skipIf(kqueueCalls === undefined)("kqueue(2) itself", () => {
  if (kqueueCalls) rawTests({ calls: kqueueCalls, constants: system });

  test("kevent() is by default what watches for reading", () => {
    expect(posix.kevent?.(5)).toEqual({
      ident: 5,
      filter: system.KQ_FILTER_READ,
      flags: system.KQ_EV_ADD,
      fflags: 0,
      data: 0,
      udata: 0,
    });
  });
});

test.skipIf(process.platform !== "darwin")(
  "the simulation's constants are macOS's",
  () => {
    expect(system).toMatchObject(darwin);
  },
);

test.skipIf(kqueueCalls !== undefined)(
  "where there is no kqueue(2) its names are undefined",
  () => {
    expect(posix.kqueue).toBe(undefined);
    expect(posix.Kqueue).toBe(undefined);
    expect(posix.kevent).toBe(undefined);
    expect(posix.KqueueSelector).toBe(undefined);
    const given = Object.entries(system).filter(([name]) =>
      name.startsWith("KQ_"),
    );
    expect(given.length).toBeGreaterThan(40);
    expect(
      given.filter(([, value]) => (value as unknown) !== undefined),
    ).toEqual([]);
  },
);
