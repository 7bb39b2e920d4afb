/** Which class DefaultSelector is. */
import { describe, expect, test } from "vitest";
import { epoll, kqueue } from "posix-select/select";
import {
  DefaultSelector,
  EpollSelector,
  EVENT_READ,
  KqueueSelector,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { Cleanup } from "../helpers/cleanup.ts";
import { fullPipe, printedBy, withLimit } from "./support.ts";

describe("DefaultSelector", () => {
  test("is the best that this machine has", () => {
    const best = KqueueSelector ?? EpollSelector ?? PollSelector;
    expect(DefaultSelector).toBe(best);
  });

  test("makes objects of that class, which work", () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new DefaultSelector());
    expect(selector).toBeInstanceOf(DefaultSelector);
    const key = selector.register(fullPipe(cleanup)[0], EVENT_READ);
    expect(selector.select()).toEqual([[key, EVENT_READ]]);
  });

  test("is poll's where the better ones can't be made", () => {
    // A new selector of theirs needs a descriptor, and there is none left when
    // the choice is made.
    const filler = `
      import { openSync } from "node:fs";
      try { for (;;) openSync("/dev/null", "r"); } catch {}
    `;
    const { printed } = printedBy(
      `
      import "posix-select/fd";
      import "data:text/javascript,${encodeURIComponent(filler)}";
      import { DefaultSelector } from "posix-select/selectors";
      import { closeSync } from "node:fs";
      for (let fd = 100; fd < 200; fd++) closeSync(fd);
      console.log(JSON.stringify(DefaultSelector.name));
      `,
      withLimit(256),
    );
    expect(printed).toBe("PollSelector");
  });

  test("leaves no descriptor of a trial open", () => {
    const { printed } = printedBy(`
      import { readdirSync, readlinkSync } from "node:fs";
      const folder = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";
      const count = () => readdirSync(folder).length;
      await import("posix-select/socket");
      const before = count();
      await import("posix-select/selectors");
      console.log(JSON.stringify(count() - before));
    `);
    expect(printed).toBe(0);
  });
});

describe("absent is absent", () => {
  test("EpollSelector is there where epoll() is", () => {
    expect(EpollSelector === undefined).toBe(epoll === undefined);
    expect(EpollSelector === undefined).toBe(process.platform !== "linux");
  });

  test("KqueueSelector is there where kqueue() is", () => {
    expect(KqueueSelector === undefined).toBe(kqueue === undefined);
    if (process.platform === "linux") expect(KqueueSelector).toBeUndefined();
    if (process.platform === "darwin") expect(KqueueSelector).toBeDefined();
  });

  test("SelectSelector and PollSelector are everywhere", () => {
    expect(SelectSelector.name).toBe("SelectSelector");
    expect(PollSelector.name).toBe("PollSelector");
  });
});
