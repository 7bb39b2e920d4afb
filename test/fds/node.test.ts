/** What examples/fds/README.md says that Node does by itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import net from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { eventfd, pipe, timerfd } from "posix-select/fd";
import { AF_UNIX, SOCK_SEQPACKET, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { Program } from "../helpers/programs.ts";
import { sureToEnd } from "../lessons/lessons.ts";

describe.runIf(process.platform === "linux")("on Linux", () => {
  test("net.Socket takes no timerfd, eventfd or SEQPACKET", () => {
    using cleanup = new Cleanup();
    const [socket] = cleanup.both(socketpair(AF_UNIX, SOCK_SEQPACKET));
    const timer = timerfd?.({ intervalMs: 1000 }) ?? -1;
    const fds = cleanup.fds([timer, eventfd?.() ?? -1]);
    for (const fd of [...fds, socket.fileno()]) {
      expect(() => new net.Socket({ fd, readable: true })).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_FD_TYPE" }),
      );
    }
  });

  test("net.Socket makes a pipe non-blocking for all who have it", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const other = openSync(`/proc/self/fd/${write}`, constants.O_WRONLY);
    cleanup.fd(other); // an open() of its own
    const isNonblocking = (fd: number): boolean => {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
      const [, flags = ""] = /^flags:\s*(\d+)$/m.exec(info) ?? [];
      return (Number.parseInt(flags, 8) & constants.O_NONBLOCK) !== 0;
    };
    expect([read, write, other].map(isNonblocking)).toEqual(
      [read, write, other].map(() => false),
    );
    // It does not read: a cat would find nothing, and end.
    const child = spawn("sleep", ["60"], { stdio: [read, "ignore", "ignore"] });
    const socket = new net.Socket({ fd: read, readable: true });
    const info = readFileSync(`/proc/${child.pid}/fdinfo/0`, "utf8");
    const [, flags = ""] = /^flags:\s*(\d+)$/m.exec(info) ?? [];
    expect(Number.parseInt(flags, 8) & constants.O_NONBLOCK).not.toBe(0);
    expect([read, write, other].map(isNonblocking)).toEqual([
      true,
      false,
      false,
    ]);
    socket.destroy();
    child.kill();
    await once(child, "close");
  });

  test('a child can\'t open the "pipe" that Node gives it by its name', async () => {
    const child = spawn("/bin/sh", ["-c", "echo hello >/dev/fd/3"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const [code] = (await once(child, "close")) as [number];
    expect(code).not.toBe(0);

    const [read, write] = pipe();
    const other = spawn("/bin/sh", ["-c", "echo hello >/dev/fd/3"], {
      stdio: ["ignore", "ignore", "ignore", write],
    });
    closeSync(write);
    expect(await once(other, "close")).toEqual([0, null]);
    expect(readFileSync(read, "utf8")).toBe("hello\n");
    closeSync(read);
  });
});

const program = "test/programs/pool-of-four.ts";
const env = { UV_THREADPOOL_SIZE: "4" };

test("four reads that wait hold up the rest of fs", async () => {
  await using waiting = sureToEnd(new Program(program, [], env));
  expect(await waiting.line()).toBe("timer"); // 200 ms, and no file
  waiting.process.stdin?.write("1");
  const next = [await waiting.line(), await waiting.line()];
  expect(next.sort()).toEqual(["file", "read"]);
  waiting.process.stdin?.end();
  expect(await waiting.ended).toMatchObject({ code: 0, stderr: "" });
});

test("process.exit() does not end a process in which one waits", async () => {
  await using waiting = sureToEnd(new Program(program, ["exit"], env));
  expect(await waiting.line()).toBe("timer");
  const ended = waiting.ended.then(() => "ended");
  expect(await Promise.race([ended, setTimeout(300, "waits")])).toBe("waits");
  waiting.process.stdin?.end();
  expect(await ended).toBe("ended");
});
