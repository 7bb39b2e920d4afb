/** Keys whose object was closed without being unregistered. */
import { closeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  AlreadyRegisteredError,
  NotRegisteredError,
} from "posix-select/errors";
import {
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { createServer, type Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { expectThrow } from "../../helpers/errors.ts";
import { fullPipe, socketAt, soonMs } from "../support.ts";

const isOther = { code: "ERR_NOT_REGISTERED" };

export function staleFacts(SelectorClass: SelectorConstructor): void {
  describe("a number that is used again", () => {
    /** A registered socket that was closed, and one that has its number. */
    function reused(cleanup: Cleanup): {
      selector: InstanceType<SelectorConstructor>;
      old: Socket;
      fresh: Socket;
      fd: number;
    } {
      const selector = cleanup.use(new SelectorClass());
      const old = cleanup.use(createServer({ port: 0 }));
      const fd = old.fileno();
      selector.register(old, EVENT_READ, "old");
      old.close();
      return { selector, old, fresh: socketAt(cleanup, fd), fd };
    }

    test("is not the new owner's before it is registered", () => {
      using cleanup = new Cleanup();
      const { selector, old, fresh, fd } = reused(cleanup);
      for (const call of [
        () => selector.getKey(fresh),
        () => selector.unregister(fresh),
        () => selector.modify(fresh, EVENT_WRITE),
      ]) {
        expectThrow(call, NotRegisteredError, isOther);
      }
      expect(selector.getMap().has(fresh)).toBe(false);
      expect(selector.getMap().get(fresh)).toBeUndefined();
      // The old one is there until somebody asks for its number.
      expect(selector.getKey(old).fileobj).toBe(old);
      expect(selector.getKey(fd).fileobj).toBe(old);
    });

    test("can be registered, and the stale key is dropped", () => {
      using cleanup = new Cleanup();
      const { selector, old, fresh, fd } = reused(cleanup);
      fresh.bind({ host: "127.0.0.1", port: 0 });
      fresh.listen();
      const key = selector.register(fresh, EVENT_READ, "new");
      expect(selector.getMap().size).toBe(1);
      expect(selector.getKey(fresh)).toBe(key);
      expect(selector.getKey(fd)).toBe(key);
      expectThrow(() => selector.getKey(old), NotRegisteredError, isOther);
      expectThrow(() => selector.unregister(old), NotRegisteredError, isOther);
      expect(selector.select(0)).toEqual([]);
      expect(selector.unregister(fresh)).toBe(key);
      expect(selector.getMap().size).toBe(0);
    });

    test("is watched for what the new owner asks, not for what the old did", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [near, far] = cleanup.both(socketpair());
      selector.register(near, EVENT_WRITE);
      const fd = near.fileno();
      near.close();
      const pair = cleanup.both(socketpair());
      const fresh = pair.find((it) => it.fileno() === fd);
      const peer = pair.find((it) => it !== fresh);
      if (!fresh || !peer) throw new Error("the number was not used again");
      const key = selector.register(fresh, EVENT_READ);
      expect(selector.select(0)).toEqual([]);
      peer.send("x");
      expect(selector.select(soonMs)).toEqual([[key, EVENT_READ]]);
      far.close();
    });

    test("can be registered as a plain number too", () => {
      using cleanup = new Cleanup();
      const { selector, fd } = reused(cleanup);
      const key = selector.register(fd, EVENT_WRITE);
      expect(key).toMatchObject({ fileobj: fd, fd });
      expect(selector.getKey(fd)).toBe(key);
      expect(selector.getMap().size).toBe(1);
    });

    test("whose key was made from a number is not judged", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read] = fullPipe(cleanup);
      const key = selector.register(read, EVENT_READ);
      closeSync(read);
      const fresh = socketAt(cleanup, read);
      const call = (): unknown => selector.register(fresh, EVENT_READ);
      expectThrow(call, AlreadyRegisteredError, { fd: read });
      expect(selector.getKey(fresh)).toBe(key);
      expect(selector.unregister(fresh)).toBe(key);
      expect(selector.register(fresh, EVENT_READ).fileobj).toBe(fresh);
    });

    test("is stale as soon as the object tells another, or none", () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const [read, write] = fullPipe(cleanup);
      const file = { fd: read };
      const broken = {
        fd: write,
        fileno(): number {
          if (this.fd === write) return write;
          throw new Error("it is broken");
        },
      };
      selector.register(file, EVENT_READ, "file");
      selector.register(broken, EVENT_WRITE, "broken");
      file.fd = 0;
      broken.fd = -1;
      selector.register(read, EVENT_READ, "new reader");
      selector.register(write, EVENT_WRITE, "new writer");
      const ready = selector.select(soonMs).map(([{ data }]) => data);
      expect(ready.sort()).toEqual(["new reader", "new writer"]);
    });
  });
}
