/**
 * Waits without holding the thread, as it is told: a fact, who watches (`loop` or
 * `thread`), and a selector's class. It says what it waits for in lines.
 */
import { writeSync } from "node:fs";
import type { BaseSelector, SelectorConstructor } from "posix-select/selectors";

const [fact = "", watcher = "", name = ""] = process.argv.slice(2);
if (watcher === "thread") {
  // As on a runtime whose loop is not libuv's.
  const versions = { ...process.versions, bun: "1.0.0" };
  Object.defineProperty(process, "versions", { value: versions });
}
const { hasLibuv } = await import("../../src/runtime.ts");
if (hasLibuv !== (watcher === "loop")) throw new Error("another one watches");
const { EpollSelector, EVENT_READ, PollSelector, SelectSelector } =
  await import("posix-select/selectors");
const { socketpair } = await import("posix-select/socket");

const classes: SelectorConstructor[] = [SelectSelector, PollSelector];
if (EpollSelector) classes.push(EpollSelector);
const longMs = 600_000;
/** What must not be collected: that would be warned about. */
const kept: unknown[] = [];

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** A selector of each class, with nothing ready and something to make it so. */
function all(): { selector: BaseSelector; ready: () => void }[] {
  return classes.map((SelectorClass) => {
    const selector = new SelectorClass();
    const [near, far] = socketpair();
    selector.register(near, EVENT_READ);
    kept.push(selector, near, far);
    return { selector, ready: () => far.send("x") };
  });
}

/** The class of the second argument, with the standard input. */
function one(): BaseSelector {
  const SelectorClass = classes.find((it) => it.name === name);
  if (SelectorClass === undefined) throw new Error(`no class ${name}`);
  const selector = new SelectorClass();
  selector.register(0, EVENT_READ);
  kept.push(selector);
  return selector;
}

async function ended(wait: Promise<unknown[]>): Promise<void> {
  const found = await wait;
  say(`found ${found.length}`);
}

const facts: Readonly<Record<string, () => void>> = {
  "a pending wait": () => {
    void ended(one().selectAsync());
  },
  "a wait with ref() after unref()": () => {
    const selector = one().unref().ref();
    void ended(selector.selectAsync());
    selector.unref();
    setImmediate(() => {
      selector.ref();
    });
  },
  "for await": () => {
    const selector = one();
    void (async () => {
      for await (const found of selector) {
        say(`found ${found.length}`);
        selector.close();
      }
    })();
  },
  "nothing that is pending is kept": () => {
    for (const timeoutMs of [undefined, longMs]) {
      for (const { selector } of all()) {
        void ended(selector.unref().selectAsync(timeoutMs));
      }
      for (const { selector } of all()) {
        void ended(selector.selectAsync(timeoutMs));
        setImmediate(() => {
          selector.unref();
        });
      }
    }
  },
  "nothing is pending": () => {
    for (const { selector, ready } of all()) {
      ready();
      void ended(selector.selectAsync(longMs));
    }
    for (const { selector, ready } of all()) {
      void ended(selector.selectAsync(longMs));
      setImmediate(ready);
    }
    for (const { selector } of all()) {
      void ended(selector.selectAsync(1));
    }
    for (const { selector } of all()) {
      void ended(selector.selectAsync(longMs));
      setImmediate(() => {
        selector.wakeup();
      });
    }
    for (const { selector } of all()) {
      const controller = new AbortController();
      const { signal } = controller;
      void selector.selectAsync(longMs, { signal }).catch((error: unknown) => {
        say(String(error instanceof Error && error.name));
      });
      setImmediate(() => {
        controller.abort();
      });
    }
    for (const { selector, ready } of all()) {
      setImmediate(ready);
      void (async () => {
        for await (const found of selector) {
          say(`found ${found.length}`);
          break;
        }
      })();
    }
  },
  "process.exit()": () => {
    for (const { selector } of all()) void ended(selector.selectAsync());
    for (const { selector } of all()) void ended(selector.selectAsync(longMs));
    setTimeout(() => process.exit(7), 5);
  },
  "a consumer that throws": () => {
    for (const { selector } of all()) void ended(selector.selectAsync());
    for (const { selector, ready } of all()) {
      setImmediate(ready);
      void (async () => {
        for await (const found of selector) {
          throw new Error(`the consumer of ${found.length}`);
        }
      })();
    }
  },
  "600 selectors for one file": () => {
    const [near, far] = socketpair();
    const waits = Array.from({ length: 600 }, () => {
      const selector = new (EpollSelector ?? PollSelector)();
      selector.register(near, EVENT_READ);
      kept.push(selector, near, far);
      return selector.selectAsync();
    });
    void ended(Promise.all(waits));
    setTimeout(() => far.send("x"), 5);
  },
};

process.on("exit", () => {
  say("exit");
});
facts[fact]?.();
say("begun");
