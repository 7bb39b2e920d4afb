/** Whether a process lives on while its selectors wait, and how it ends. */
import { describe, expect, test } from "vitest";
import { EpollSelector } from "posix-select/selectors";
import { untilAsleep } from "../helpers/asleep.ts";
import { Program } from "../helpers/programs.ts";

const program = "test/programs/async-process.ts";
const classes = ["SelectSelector", "PollSelector"];
if (EpollSelector) classes.push("EpollSelector");
const count = classes.length;

describe.each(["loop", "thread"])("with a %s that watches", (watcher) => {
  test.concurrent.each([
    "a pending wait",
    "a wait with ref() after unref()",
    "for await",
  ])("%s keeps the process alive, and no longer", async (fact) => {
    for (const name of classes) {
      await using running = new Program(program, [fact, watcher, name]);
      expect(await running.line()).toBe("begun");
      await untilAsleep(running.pid);
      running.process.stdin?.write("x");
      expect(await running.line()).toBe("found 1");
      // Its input is still open, and so is its selector.
      const { code, stdout, stderr } = await running.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe("begun\nfound 1\nexit\n");
    }
  });

  test.concurrent("after unref() no pending wait keeps it alive", async () => {
    const fact = "nothing that is pending is kept";
    await using running = new Program(program, [fact, watcher]);
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("begun\nexit\n");
  });

  test.concurrent(
    "no wait that has ended keeps it alive, nor its timer",
    async () => {
      await using running = new Program(program, [
        "nothing is pending",
        watcher,
      ]);
      const { code, stdout, stderr } = await running.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const lines = stdout.trim().split("\n").sort();
      const times = (line: string, times: number): string[] =>
        Array.from({ length: times }, () => line);
      expect(lines).toEqual([
        ...times("AbortError", count),
        "begun",
        "exit",
        ...times("found 0", 2 * count),
        ...times("found 1", 3 * count),
      ]);
    },
  );

  test.concurrent("process.exit() ends it with waits pending", async () => {
    await using running = new Program(program, ["process.exit()", watcher]);
    const { code, signal, stdout, stderr } = await running.ended;
    expect({ code, signal, stderr }).toEqual({
      code: 7,
      signal: null,
      stderr: "",
    });
    expect(stdout).toBe("begun\nexit\n");
  });

  test.concurrent(
    "an exception in a consumer ends it as any other",
    async () => {
      const fact = "a consumer that throws";
      await using running = new Program(program, [fact, watcher]);
      const { code, signal, stdout, stderr } = await running.ended;
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stdout).toBe("begun\nexit\n");
      expect(stderr).toContain("Error: the consumer of 1");
    },
  );

  // Linux allows a file 500 epolls that are watched by epolls; libuv would abort
  // the process.
  test("600 selectors may wait for one file", async () => {
    const fact = "600 selectors for one file";
    await using running = new Program(program, [fact, watcher]);
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("begun\nfound 600\nexit\n");
  });
});
