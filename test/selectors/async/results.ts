/** What `selectAsync()` finds: what `select()` finds. */
import { closeSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pipe } from "posix-select/fd";
import {
  type BaseSelector,
  EVENT_PRIORITY,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { MSG_OOB, SHUT_WR, socketpair } from "posix-select/socket";
import { Cleanup } from "../../helpers/cleanup.ts";
import { drain, fill, tcpPair } from "../../socket/support.ts";
import type { Mechanism } from "../contract.ts";
import { fullPipe, soonMs } from "../support.ts";
import { expectPending } from "./support.ts";

const BOTH = EVENT_READ | EVENT_WRITE;

/** Registers what is not ready, and gives a function that makes it ready. */
type State = (cleanup: Cleanup, selector: BaseSelector) => () => void;

const states: Readonly<Record<string, State>> = {
  "a socket with something to read": (cleanup, selector) => {
    const [near, far] = cleanup.both(socketpair());
    selector.register(near, EVENT_READ);
    return () => far.send("x");
  },
  "a socket with room to write": (cleanup, selector) => {
    const [near, far] = cleanup.both(socketpair());
    fill(near);
    selector.register(near, EVENT_WRITE);
    return () => drain(far);
  },
  "a socket that is ready in one of two directions": (cleanup, selector) => {
    const [near, far] = cleanup.both(socketpair());
    fill(near);
    selector.register(near, BOTH);
    return () => far.send("x");
  },
  "a socket that is ready in both directions": (cleanup, selector) => {
    const [near, far] = cleanup.both(socketpair());
    fill(near);
    selector.register(near, BOTH);
    return () => {
      far.send("x");
      drain(far);
    };
  },
  "a socket whose peer is gone": (cleanup, selector) => {
    const [near, far] = cleanup.both(socketpair());
    fill(near);
    selector.register(near, BOTH);
    return () => {
      far.close();
    };
  },
  "a peer that sends no more": (cleanup, selector) => {
    const [near, far] = cleanup.both(socketpair());
    selector.register(near, EVENT_READ);
    return () => {
      far.shutdown(SHUT_WR);
    };
  },
  "a pipe whose writer is gone": (cleanup, selector) => {
    const [read, write] = pipe();
    selector.register(cleanup.fd(read), EVENT_READ);
    return () => {
      closeSync(write);
    };
  },
  "an error: a pipe whose reader is gone": (cleanup, selector) => {
    const [read, write] = pipe();
    selector.register(cleanup.fd(write), EVENT_READ);
    return () => {
      closeSync(read);
    };
  },
  "several of many": (cleanup, selector) => {
    const pairs = Array.from({ length: 9 }, () => cleanup.both(socketpair()));
    for (const [near] of pairs) selector.register(near, EVENT_READ);
    return () => {
      for (const i of [7, 0, 4]) pairs[i]?.[1].send("x");
    };
  },
  "more than there was room for at first": (cleanup, selector) => {
    const [near, far] = cleanup.both(socketpair());
    for (let i = 0; i < 150; i++) {
      selector.register(cleanup.use(near.dup()), EVENT_READ);
    }
    return () => far.send("x");
  },
};

const urgent: State = (cleanup, selector) => {
  const [client, server] = tcpPair(cleanup);
  selector.register(server, EVENT_PRIORITY);
  return () => client.send("!", MSG_OOB);
};

/** In an order of its own: mechanisms differ in theirs. */
type Found = Awaited<ReturnType<BaseSelector["selectAsync"]>>;
const sorted = (found: Found): Found =>
  found.toSorted(([a], [b]) => a.fd - b.fd);

export function resultFacts(
  SelectorClass: SelectorConstructor,
  { hasPriority, watchesFiles }: Mechanism,
): void {
  const all = Object.entries(states);
  if (hasPriority) all.push(["urgent data", urgent]);

  describe.each(all)("%s", (_, prepare) => {
    test("is what select() finds, if it is so before the wait", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      prepare(cleanup, selector)();
      const expected = sorted(selector.select(soonMs));
      expect(expected).not.toEqual([]);
      for (const timeoutMs of [undefined, 0, -1, soonMs]) {
        const found = sorted(await selector.selectAsync(timeoutMs));
        expect(found).toEqual(expected);
        for (const [i, [key]] of found.entries()) {
          expect(key).toBe(expected[i]?.[0]);
          expect(key).toBe(selector.getKey(key.fileobj));
        }
      }
    });

    test("is what select() finds, if it comes during the wait", async () => {
      using cleanup = new Cleanup();
      const selector = cleanup.use(new SelectorClass());
      const happen = prepare(cleanup, selector);
      expect(await selector.selectAsync(0)).toEqual([]);
      const wait = selector.selectAsync();
      await expectPending(wait);
      happen();
      const found = sorted(await wait);
      expect(found).not.toEqual([]);
      expect(found).toEqual(sorted(selector.select(0)));
      for (const [key] of found) {
        expect(key).toBe(selector.getKey(key.fileobj));
      }
      expect(sorted(await selector.selectAsync())).toEqual(found);
    });
  });

  test.runIf(watchesFiles)("a file is ready always", async () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectorClass());
    const file = cleanup.fd(openSync(import.meta.filename, "r"));
    const key = selector.register(file, BOTH);
    for (const timeoutMs of [0, undefined, undefined, undefined]) {
      expect(await selector.selectAsync(timeoutMs)).toEqual([[key, BOTH]]);
    }
  });

  test("what was not asked for is not found", async () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectorClass());
    const [near, far] = cleanup.both(socketpair());
    const key = selector.register(near, EVENT_WRITE);
    far.send("x");
    expect(await selector.selectAsync()).toEqual([[key, EVENT_WRITE]]);
    fill(near);
    const wait = selector.selectAsync();
    await expectPending(wait, 50);
    drain(far);
    expect(await wait).toEqual([[key, EVENT_WRITE]]);
  });

  test("each result is an array of its own", async () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectorClass());
    const key = selector.register(fullPipe(cleanup)[0], EVENT_READ);
    const first = await selector.selectAsync();
    first.length = 0;
    expect(await selector.selectAsync()).toEqual([[key, EVENT_READ]]);
    selector.unregister(key.fileobj);
    const nothing = await selector.selectAsync(0);
    expect(nothing).toEqual([]);
    expect(await selector.selectAsync(0)).not.toBe(nothing);
  });
}
