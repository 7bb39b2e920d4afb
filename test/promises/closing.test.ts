/** What is closed while it is waited for ends the wait with EBADF. */
import { closeSync, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import { pipe } from "posix-select/fd";
import {
  accept,
  readable,
  recv,
  recvInto,
  select,
  sendAll,
  writable,
} from "posix-select/promises";
import { epoll } from "posix-select/select";
import { EpollSelector } from "posix-select/selectors";
import { createServer, Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { drain, fill, freePath, tcpPair } from "../socket/support.ts";
import { expectPending, expectRejection, isSettledNow } from "./support.ts";

/** What the pending waits for a descriptor end with. */
function closedFields(syscall: string, fd: number): Record<string, unknown> {
  return {
    code: "EBADF",
    syscall,
    fd,
    message: expect.stringContaining("closed while it was waited for"),
  };
}

describe("at once, where this package closes it:", () => {
  const ways: readonly (readonly [string, (socket: Socket) => void])[] = [
    [
      "close()",
      (socket) => {
        socket.close();
      },
    ],
    [
      "using",
      (socket) => {
        using it = socket;
        expect(it.closed).toBe(false);
      },
    ],
    [
      "detach()",
      (socket) => {
        closeSync(socket.detach());
      },
    ],
  ];

  test.for(ways)("a Socket, by %s", async ([, close]) => {
    using cleanup = new Cleanup();
    const sockets: Socket[] = [];
    const pair = (): Socket => {
      const [a] = cleanup.both(socketpair());
      fill(a);
      sockets.push(a);
      return a;
    };
    const listener = createServer({ port: 0 });
    const waits: [string, Promise<unknown>][] = [
      ["poll", readable(pair())],
      ["poll", writable(pair())],
      ["select", select([pair()], [], [])],
      ["recv", recv(pair(), 9)],
      ["recv", recvInto(pair(), new Uint8Array(9))],
      ["send", sendAll(pair(), "x")],
      ["accept", accept(listener)],
      ["poll", readable(pair().fileno())],
    ];
    sockets.splice(6, 0, listener);
    await expectPending(...waits.map(([, waiting]) => waiting));
    for (const [i, socket] of sockets.entries()) {
      const [syscall, waiting] = waits[i] ?? expect.fail("no wait");
      const fd = socket.fileno();
      close(socket);
      expect(await isSettledNow(waiting)).toBe(true);
      await expectRejection(waiting, OSError, closedFields(syscall, fd));
    }
  });

  test("a Socket, for both directions", async () => {
    using cleanup = new Cleanup();
    const [a] = tcpPair(cleanup);
    fill(a);
    const fd = a.fileno();
    const reading = recv(a, 9);
    const writing = sendAll(a, "x");
    await expectPending(reading, writing);
    a.close();
    await expectRejection(reading, OSError, closedFields("recv", fd));
    await expectRejection(writing, OSError, {
      ...closedFields("send", fd),
      bytesSent: 0,
    });
  });

  test("a second Socket of a descriptor, which has the same number", async () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    const fd = a.detach();
    const one = Socket.fromFd(fd);
    const other = Socket.fromFd(fd);
    const waiting = recv(one, 9);
    await expectPending(waiting);
    other.close();
    await expectRejection(waiting, OSError, closedFields("recv", fd));
    one.detach();
  });

  test.skipIf(!epoll)("an Epoll and an EpollSelector", async () => {
    for (const make of [
      () => epoll?.() ?? expect.fail(),
      () => (EpollSelector ? new EpollSelector() : expect.fail()),
    ]) {
      const instance = make();
      const fd = instance.fileno();
      const waiting = readable(instance);
      await expectPending(waiting);
      instance.close();
      expect(await isSettledNow(waiting)).toBe(true);
      await expectRejection(waiting, OSError, closedFields("poll", fd));
    }
  });
});

describe("within a second, where somebody else does:", () => {
  test("numbers, a FileHandle, a Socket's number; and the rest wait on", async () => {
    using cleanup = new Cleanup();
    const [read] = cleanup.fds(pipe());
    const [a] = cleanup.both(socketpair());
    const [kept, keptPeer] = cleanup.both(socketpair());
    const far = cleanup.fds(pipe());
    const path = freePath(cleanup);
    execFileSync("mkfifo", [path]);
    const file = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
    // More than one is looked at.
    const [dir, beside] = cleanup.fds(pipe());
    fill(a);
    const socket = a.detach();
    const waits: [string, number, Promise<unknown>][] = [
      ["poll", read, readable(read)],
      ["poll", file.fd, readable(file)],
      ["poll", socket, readable(socket)],
      ["poll", socket, writable(socket)],
      ["select", far[0], select([beside, far[0], dir], [], [])],
    ];
    const waiting = recv(kept, 9);
    await expectPending(...waits.map(([, , it]) => it), waiting);
    const start = performance.now();
    closeSync(read);
    await file.close();
    closeSync(socket);
    closeSync(far[0]);
    for (const [syscall, fd, wait] of waits) {
      await expectRejection(wait, OSError, closedFields(syscall, fd));
    }
    expect(performance.now() - start).toBeLessThan(10_000);
    keptPeer.send("x");
    expect((await waiting).toString()).toBe("x");
  });

  test("also if another descriptor of it survives", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const copy = cleanup.use(a.dup());
    const fd = a.detach();
    const waiting = readable(fd);
    await expectPending(waiting);
    closeSync(fd);
    await expectRejection(waiting, OSError, closedFields("poll", fd));
    // What the kernel may still tell of it disturbs nobody.
    const next = recv(copy, 9);
    b.send("x");
    expect((await next).toString()).toBe("x");
    b.send("y");
    const other = cleanup.fd(openSync("/dev/null", "r"));
    await readable(other);
    const [read, write] = cleanup.fds(pipe());
    const last = readable(read);
    await expectPending(last);
    writeSync(write, "x");
    await last;
    expect(drain(copy)).toBe(1);
  });

  test("also if the survivor becomes readable before that is noticed", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    cleanup.use(a.dup());
    const fd = a.detach();
    const waiting = readable(fd);
    await expectPending(waiting);
    closeSync(fd);
    b.send("x");
    await expectRejection(waiting, OSError, { code: "EBADF", fd });
  });
});
