import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { Totals } from "./test/helpers/totals.ts";
import manifest from "./package.json" with { type: "json" };

/** Tests import the package by its own name, and get its sources. */
const alias = Object.entries(manifest.exports).flatMap(([name, entry]) => {
  if (typeof entry === "string") return [];
  const source = entry.default
    .replace("./dist/", "./src/")
    .replace(/\.js$/, ".ts");
  return {
    find: new RegExp(`^${name.replace(".", manifest.name)}$`),
    replacement: fileURLToPath(new URL(source, import.meta.url)),
  };
});

/**
 * What takes long, or a browser: npm run test:long, which CI runs beside npm test.
 */
const long = [
  "test/consumer.test.ts",
  "test/faults/**/*.test.ts",
  "test/hostile/**/*.test.ts",
  "test/install.test.ts",
  "test/scope/live.test.ts",
  "test/scope/page.test.ts",
  "test/soak.test.ts",
  "test/threads.test.ts",
];
/** What does less in npm test: the whole of it is there as well. */
const longer = [
  "test/lessons/running.test.ts",
  "test/lessons/servers.test.ts",
  "test/selectors/async.workers.test.ts",
];
const isLong = process.env["LONG"] !== undefined;

export default defineConfig({
  resolve: { alias },
  test: {
    reporters: ["default", new Totals()],
    include: isLong ? [...long, ...longer] : ["test/**/*.test.ts"],
    exclude: isLong ? [] : long,
    globalSetup: "test/helpers/compiled.ts",
    // Blocking calls and signals want a process of their own.
    pool: "forks",
    // Most tests wait for something: four at a time keep two cores busy.
    maxWorkers: Math.max(4, availableParallelism()),
    // Machines are slow and shared: these only stop what hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
