/** Waits that do not hold the thread where no descriptors are left. */
import { describe, expect, test } from "vitest";
import { EpollSelector } from "posix-select/selectors";
import { printedBy, withLimit } from "./support.ts";

/** The beginning of a program: it opens descriptors until none is left. */
const prelude = (watcher: string): string => `
  import { closeSync, openSync } from "node:fs";
  import { setImmediate, setTimeout } from "node:timers/promises";
  if (${watcher === "thread"}) {
    const versions = { ...process.versions, bun: "1.0.0" };
    Object.defineProperty(process, "versions", { value: versions });
  }
  const { EpollSelector, PollSelector, SelectSelector } =
    await import("posix-select/selectors");
  const { socketpair } = await import("posix-select/socket");
  const opened = [];
  const fill = () => {
    const before = opened.length;
    for (;;) {
      try { opened.push(openSync("/dev/null", "r")); } catch { break; }
    }
    return opened.length - before;
  };
  const free = (count) => opened.splice(-count).forEach((fd) => closeSync(fd));
  const outcome = async (wait) => {
    try { return (await wait()).length; } catch (error) { return error.code; }
  };
  const unheard = [];
  process.on("uncaughtException", (error) => unheard.push(error.code));
  const print = (value) => console.log(JSON.stringify(value));
  const [near, far] = socketpair();
`;

function printed(watcher: string, program: string): unknown {
  return printedBy(prelude(watcher) + program, withLimit(256)).printed;
}

describe.each(["loop", "thread"])("with a %s that watches", (watcher) => {
  test.each(["SelectSelector", "PollSelector"])(
    "%s: EMFILE is a rejection, and later it works",
    (name) => {
      const found = printed(
        watcher,
        `
        const selector = new ${name}();
        selector.register(near, 1);
        fill();
        const full = [];
        for (const timeoutMs of [undefined, 0, 1]) {
          full.push(await outcome(() => selector.selectAsync(timeoutMs)));
        }
        const blocking = selector.select(0).length;
        free(1);
        const one = await outcome(() => selector.selectAsync(1));
        const left = fill();
        free(20);
        far.send("x");
        const later = await outcome(() => selector.selectAsync());
        selector.close();
        print({ full, blocking, one, left, later, unheard });
        `,
      );
      const isLoop = watcher === "loop";
      expect(found).toEqual({
        // A look needs no descriptor, and finds nothing.
        full: ["EMFILE", 0, "EMFILE"],
        blocking: 0,
        // The thread has a pipe of its own; what was made in vain is closed. The
        // runtime may have closed something as well.
        one: isLoop ? 0 : "EMFILE",
        left: expect.toSatisfy(
          (left: number) => left >= (isLoop ? 0 : 1),
        ) as unknown,
        later: 1,
        unheard: [],
      });
    },
  );

  test.skipIf(EpollSelector === undefined)(
    "EpollSelector: EMFILE comes when it is made, not when it waits",
    () => {
      const found = printed(
        watcher,
        `
        const first = new EpollSelector();
        if (${watcher === "thread"}) await first.selectAsync(1);
        fill();
        const made = await outcome(() => new EpollSelector());
        free(1);
        const selector = new EpollSelector();
        selector.register(near, 1);
        const wait = outcome(() => selector.selectAsync());
        await setImmediate();
        far.send("x");
        const found = await wait;
        free(20);
        selector.close();
        first.close();
        print({ made, found, unheard });
        `,
      );
      expect(found).toEqual({ made: "EMFILE", found: 1, unheard: [] });
    },
  );

  test("PollSelector: a copy of what was closed is no reason to end", () => {
    const program = `
      const selector = new PollSelector();
      selector.register(near, 1);
      const wait = outcome(() => selector.selectAsync(200));
      await setImmediate();
      const copy = near.dup();
      near.close();
      selector.unregister(near);
      fill();
      far.send("x");
      const found = await wait;
      free(20);
      selector.close();
      print({ found, unheard: unheard.slice(0, 3) });
      `;
    const ended = printedBy(prelude(watcher) + program, withLimit(256));
    const expected = { found: 0, unheard: [] };
    // Node may say no more of it than a warning.
    expect(ended).toEqual({ printed: expected, stderr: "" });
  });

  test("PollSelector: a file that was refused is forgotten", () => {
    const found = printed(
      watcher,
      `
      const selector = new PollSelector();
      const wait = outcome(() => selector.selectAsync(300));
      let looks = 0;
      const { wait: original } = Object.getPrototypeOf(selector);
      selector.wait = (...args) => {
        looks++;
        original.apply(selector, args);
      };
      const file = openSync("package.json", "r");
      fill();
      const refused = await outcome(() => [selector.register(file, 1)]);
      free(20);
      selector.register(near, 1);
      const found = await wait;
      const registered = selector.getMap().size;
      selector.close();
      print({ refused, found, registered, few: looks < 3, unheard });
      `,
    );
    expect(found).toEqual({
      refused: "EMFILE",
      found: 0,
      registered: 1,
      few: true,
      unheard: [],
    });
  });
});
