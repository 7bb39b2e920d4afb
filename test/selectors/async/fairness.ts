/** What else goes on while something is always ready. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  type BaseSelector,
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
} from "posix-select/selectors";
import { Cleanup } from "../../helpers/cleanup.ts";
import { fullPipe } from "../support.ts";

/** What is starved: its promises go on, and nothing else does. */
const starvedMs = 20_000;

/** Everything that has to have its turn. */
async function everythingElse(): Promise<void> {
  const work = [
    setTimeout(3),
    setImmediate(),
    readFile(import.meta.filename),
    roundTrip(),
  ];
  for (let i = 0; i < 3; i++) await Promise.all(work);
}

/** A word through Node's own server. */
async function roundTrip(): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("path");
  const client = connect(address.port, "127.0.0.1");
  client.end("word");
  const [data] = (await once(client, "data")) as [Buffer];
  expect(String(data)).toBe("word");
  await once(client, "close");
  server.close();
  await once(server, "close");
}

/** Goes on with `step` until everything else is done. */
async function until(
  done: Promise<void>,
  step: () => Promise<unknown>,
): Promise<void> {
  const state = { isDone: false };
  const ended = done.finally(() => {
    state.isDone = true;
  });
  const start = performance.now();
  while (!state.isDone) {
    await step();
    if (performance.now() - start > starvedMs) throw new Error("starved");
  }
  await ended;
}

/** A selector that always finds something. */
function busy(
  cleanup: Cleanup,
  SelectorClass: SelectorConstructor,
): BaseSelector {
  const selector = cleanup.use(new SelectorClass());
  const [read, write] = fullPipe(cleanup);
  selector.register(read, EVENT_READ);
  selector.register(write, EVENT_WRITE);
  return selector;
}

export function fairnessFacts(SelectorClass: SelectorConstructor): void {
  describe("with something always ready, everything else goes on next to", () => {
    test("for await", async () => {
      using cleanup = new Cleanup();
      const iterator = busy(cleanup, SelectorClass)[Symbol.asyncIterator]();
      await until(everythingElse(), async () => {
        expect((await iterator.next()).value).toHaveLength(2);
      });
    });

    test.each([0, undefined, 1000])("selectAsync(%s)", async (timeoutMs) => {
      using cleanup = new Cleanup();
      const selector = busy(cleanup, SelectorClass);
      await until(everythingElse(), async () => {
        expect(await selector.selectAsync(timeoutMs)).toHaveLength(2);
      });
    });

    test("many selectors at once", async () => {
      using cleanup = new Cleanup();
      let isDone = false;
      const results = Array.from({ length: 20 }, async (_, i) => {
        let found = 0;
        const selector = busy(cleanup, SelectorClass);
        while (!isDone) {
          await selector.selectAsync(i % 2 === 0 ? undefined : 0);
          found++;
        }
        return found;
      });
      await until(everythingElse(), () => setImmediate());
      isDone = true;
      for (const found of await Promise.all(results)) {
        expect(found).toBeGreaterThan(1);
      }
    });
  });

  test("with nothing ready, looks leave everything else its turn", async () => {
    using cleanup = new Cleanup();
    const selector = cleanup.use(new SelectorClass());
    await until(everythingElse(), async () => {
      expect(await selector.selectAsync(0)).toEqual([]);
    });
  });
}

/** What holds where the runtime's own loop watches. */
export function turnFacts(SelectorClass: SelectorConstructor): void {
  test("each turn of the loop gives one result", async () => {
    using cleanup = new Cleanup();
    const selector = busy(cleanup, SelectorClass);
    const turns = { passed: 0 };
    const seen = new Map<number, number>();
    const counted = (async () => {
      for (; turns.passed < 50; turns.passed++) await setImmediate();
    })();
    while (turns.passed < 50) {
      await selector.selectAsync();
      seen.set(turns.passed, (seen.get(turns.passed) ?? 0) + 1);
    }
    await counted;
    // The first of all may be found at once, beside the one of its turn.
    expect(Math.max(...seen.values())).toBeLessThanOrEqual(2);
    expect(seen.size).toBeGreaterThan(5);
  });
}
