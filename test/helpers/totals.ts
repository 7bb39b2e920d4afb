import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with one plain line, which any machine can read. */
export class Totals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count[test.result().state]++;
      }
    }
    const { passed, failed, skipped } = count;
    console.log(
      `Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    );
  }
}
