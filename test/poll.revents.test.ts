/** What poll(2) tells, value by value. */
import { closeSync, openSync, readSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pipe } from "posix-select/fd";
import {
  poll,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
} from "posix-select/select";
import { createServer, SHUT_WR, Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { fullPipe, soonMs } from "./selectors/support.ts";

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux /* the values differ elsewhere */)("revents", () => {
  const all = POLLIN | POLLOUT | POLLRDHUP;

  /** What poll() tells of one descriptor. */
  function revents(file: number | Socket, events: number): number {
    const set = poll();
    set.register(file, events);
    return set.poll(0)[0]?.[1] ?? 0;
  }

  test("a pipe whose writer is gone", () => {
    using cleanup = new Cleanup();
    const [read, write] = fullPipe(cleanup);
    closeSync(write);
    expect(revents(read, POLLIN)).toBe(POLLIN | POLLHUP);
    readSync(read, Buffer.alloc(1));
    expect(revents(read, POLLIN)).toBe(POLLHUP);
    expect(revents(read, 0)).toBe(POLLHUP);
  });

  test("a pipe whose reader is gone", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    closeSync(read);
    expect(revents(write, POLLOUT)).toBe(POLLOUT | POLLERR);
    expect(revents(write, 0)).toBe(POLLERR);
  });

  test("a socket whose peer has shut down or closed", () => {
    using cleanup = new Cleanup();
    const [near, far] = cleanup.both(socketpair());
    expect(revents(near, all)).toBe(POLLOUT);
    far.shutdown(SHUT_WR);
    expect(revents(near, all)).toBe(all);
    far.close();
    expect(revents(near, all)).toBe(all | POLLHUP);
  });

  test("sockets that are no connection yet, or none any more", () => {
    using cleanup = new Cleanup();
    const fresh = cleanup.use(new Socket());
    expect(revents(fresh, POLLIN | POLLOUT)).toBe(POLLOUT | POLLHUP);
    const listener = cleanup.use(createServer({ port: 0 }));
    expect(revents(listener, POLLIN | POLLOUT)).toBe(0);
    // Bound, and not listening: nobody else gets this port meanwhile.
    const deaf = cleanup.use(new Socket());
    deaf.bind({ host: "127.0.0.1", port: 0 });
    const refused = cleanup.use(new Socket());
    refused.setBlocking(false);
    refused.connectEx(deaf.getsockname());
    const set = poll();
    set.register(refused, POLLOUT);
    expect(set.poll(soonMs)).toHaveLength(1);
    const both = POLLIN | POLLOUT;
    expect(revents(refused, both)).toBe(both | POLLERR | POLLHUP);
  });

  test("files and devices", () => {
    using cleanup = new Cleanup();
    for (const path of [process.execPath, "/dev/null"]) {
      const fd = cleanup.fd(openSync(path, "r"));
      expect(revents(fd, POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
    }
  });
});
