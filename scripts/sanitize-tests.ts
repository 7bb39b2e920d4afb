/**
 * Vitest's settings for `npm run test:sanitize`: the tests of what calls the
 * addon. A sanitizer is loaded into the processes that run tests, and into the
 * programs that they start, but not into Vitest's own: its bundler is native too.
 */
import { defineConfig } from "vitest/config";
import settings from "../vitest.config.ts";

const folders = "differential,fds,kqueue,promises,properties,selectors,socket";

/** They call nothing of the addon's, or are run without a test around them. */
const others = [
  // Of files and tools: the package, its documentation, how it is released.
  "api",
  "bench",
  "changelog",
  "consumer",
  "docs",
  "install",
  "layers",
  "package",
  "supply-chain",
  "workflows",
  // It asks V8, by the inspector.
  "inspect",
  // scripts/sanitize.ts runs the same program.
  "fuzz-native",
  // Long ones, of what these tests are about as well.
  "soak",
  "threads",
];

export default defineConfig({
  ...settings,
  test: {
    ...settings.test,
    include: ["test/*.test.ts", `test/{${folders}}/**/*.test.ts`],
    exclude: others.map((name) => `test/${name}.test.ts`),
    env: { LD_PRELOAD: process.env["SANITIZER"] ?? "" },
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
