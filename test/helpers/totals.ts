import { spawnSync } from "node:child_process";
import type { Reporter, TestModule } from "vitest/node";

/** No file of tests takes so long, on the slowest machine. */
const silenceMs = 10 * 60_000;

/**
 * Closes a run with one plain line, which any machine can read; and ends one
 * that stands still, since a test that blocks in the kernel hears no time-out.
 */
export class Totals implements Reporter {
  readonly #running = new Set<string>();
  #watchdog: NodeJS.Timeout | undefined;

  onTestModuleStart({ relativeModuleId }: TestModule): void {
    this.#running.add(relativeModuleId);
    this.#watch();
  }

  onTestModuleEnd({ relativeModuleId }: TestModule): void {
    this.#running.delete(relativeModuleId);
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      console.log(`These hang: ${[...this.#running].join(", ")}`);
      spawnSync("pkill", ["-KILL", "-P", String(process.pid)]);
      process.exit(1);
    }, silenceMs);
    this.#watchdog.unref();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    clearTimeout(this.#watchdog);
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count[test.result().state]++;
      }
    }
    const { passed, failed, skipped } = count;
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
