/** A number that is closed, and another file's: the kernel hands out the lowest. */
import { closeSync, openSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import { readable, recv, select, writable } from "posix-select/promises";
import { Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { warningsAfter } from "../selectors/support.ts";
import { drain, fill } from "../socket/support.ts";
import { expectPending, expectRejection } from "./support.ts";

/** A pipe whose reading end has just this number. */
function pipeAt(cleanup: Cleanup, fd: number): [number, number] {
  const [read, write] = cleanup.fds(pipe());
  expect(read, "the number was not used again").toBe(fd);
  return [read, write];
}

/** Two sockets, of which the first has just this number. */
function pairAt(cleanup: Cleanup, fd: number): [Socket, Socket] {
  const [a, b] = cleanup.both(socketpair());
  expect(a.fileno(), "the number was not used again").toBe(fd);
  return [a, b];
}

/** A number, and a pending wait for it; it is closed then. */
async function lost(
  cleanup: Cleanup,
): Promise<{ fd: number; waiting: Promise<void> }> {
  const [fd] = cleanup.fds(pipe());
  const waiting = readable(fd);
  await expectPending(waiting);
  closeSync(fd);
  return { fd, waiting };
}

describe("a wait for a number that is another file's", () => {
  test.for<[string, (cleanup: Cleanup, fd: number) => void]>([
    ["of the same kind", (cleanup, fd) => pipeAt(cleanup, fd)],
    ["of another kind", (cleanup, fd) => pairAt(cleanup, fd)],
    [
      "that no epoll takes",
      (cleanup, fd) => {
        expect(cleanup.fd(openSync("/etc/hosts", "r"))).toBe(fd);
      },
    ],
  ])("is EBADF: %s", async ([, reuse]) => {
    using cleanup = new Cleanup();
    const { fd, waiting } = await lost(cleanup);
    reuse(cleanup, fd);
    await expectRejection(waiting, OSError, { code: "EBADF", fd });
  });

  test("does not move to that one when a survivor is ready", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    cleanup.use(a.dup());
    const fd = a.detach();
    const waiting = readable(fd, { timeoutMs: 5000 });
    await expectPending(waiting);
    closeSync(fd);
    pipeAt(cleanup, fd);
    b.send("x");
    await expectRejection(waiting, OSError, { code: "EBADF", fd });
  });
});

describe("the new owner of a number waits at once", () => {
  test("while somebody still waits for the old one, which is EBADF", async () => {
    using cleanup = new Cleanup();
    const { fd, waiting } = await lost(cleanup);
    const [read, write] = pipeAt(cleanup, fd);
    const next = readable(read);
    await expectPending(next);
    writeSync(write, "x");
    await next;
    await expectRejection(waiting, OSError, { code: "EBADF", fd });
  });

  test("as a Socket", async () => {
    using cleanup = new Cleanup();
    const { fd, waiting } = await lost(cleanup);
    const [a, b] = pairAt(cleanup, fd);
    const next = recv(a, 9);
    await expectPending(next);
    b.send("x");
    expect((await next).toString()).toBe("x");
    await expectRejection(waiting, OSError, { code: "EBADF", fd });
  });

  test("in the other direction, and the old wait is EBADF", async () => {
    using cleanup = new Cleanup();
    const [old] = cleanup.both(socketpair());
    const fd = old.detach();
    const waiting = readable(fd, { timeoutMs: 5000 });
    await expectPending(waiting);
    closeSync(fd);
    const [a, b] = pairAt(cleanup, fd);
    fill(a);
    const next = writable(fd);
    await expectPending(next);
    drain(b);
    await next;
    await expectRejection(waiting, OSError, { code: "EBADF", fd });
  });

  test("with select, though only one of many is another file", async () => {
    using cleanup = new Cleanup();
    const [kept, keptWrite] = cleanup.fds(pipe());
    const { fd, waiting } = await lost(cleanup);
    const [read, write] = pipeAt(cleanup, fd);
    const next = select([kept, read], [], []);
    await expectPending(next);
    writeSync(write, "x");
    expect(await next).toEqual([[read], [], []]);
    await expectRejection(waiting, OSError, { code: "EBADF", fd });
    writeSync(keptWrite, "x");
    expect(await select([kept], [], [])).toEqual([[kept], [], []]);
  });

  test("after waits that have ended: numbers", async () => {
    for (let i = 0; i < 20; i++) {
      using cleanup = new Cleanup();
      const [read, write] = cleanup.fds(pipe());
      await expect(readable(read, { timeoutMs: 1 })).rejects.toThrow();
      closeSync(read);
      closeSync(write);
      const isPipe = i % 2 === 0;
      const [fd, make] = isPipe
        ? pipeAt(cleanup, read)
        : pairAt(cleanup, read).map((it) => it.fileno());
      const next = readable(fd ?? -1);
      await expectPending(next);
      writeSync(make ?? -1, "x");
      await next;
    }
  });

  // Whoever has made a Socket of a descriptor may close the number itself.
  test("after waits by another Socket, whose number was closed", async () => {
    using cleanup = new Cleanup();
    const [old] = cleanup.both(socketpair());
    const fd = old.detach();
    const given = Socket.fromFd(fd);
    await expect(recv(given, 1, { timeoutMs: 5 })).rejects.toThrow("timed out");
    closeSync(fd);
    const [a, b] = pairAt(cleanup, fd);
    const next = recv(a, 9);
    await expectPending(next);
    b.send("x");
    expect((await next).toString()).toBe("x");
  });

  test("after waits by another Socket, which was forgotten", async () => {
    using cleanup = new Cleanup();
    let fd = -1;
    const warnings = await warningsAfter(() => {
      const [forgotten, peer] = socketpair();
      cleanup.use(peer);
      fd = forgotten.fileno();
      void recv(forgotten, 1, { timeoutMs: 1 }).catch(() => undefined);
    });
    expect(warnings).toHaveLength(1);
    const [a, b] = pairAt(cleanup, fd);
    const next = recv(a, 9);
    await expectPending(next);
    b.send("x");
    expect((await next).toString()).toBe("x");
  });
});
