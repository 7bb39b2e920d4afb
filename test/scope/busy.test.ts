/** More turns than anybody can look at. */
import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { readFileSync, rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Traced {
  readonly name: string;
  readonly ph: string;
  readonly args: Readonly<Record<string, number>>;
}

test("what is left out is counted, and the rest is whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "posix-select-busy-"));
  const trace = join(folder, "trace.json");
  try {
    const env = {
      POSIX_SELECT_SCOPE_PORT: "off",
      POSIX_SELECT_SCOPE_TRACE: trace,
    };
    await using run = new Program("test/programs/busy.ts", ["20000"], env);
    expect((await run.ended).code).toBe(0);
    const events = JSON.parse(readFileSync(trace, "utf8")) as Traced[];
    const of = (name: string): Traced[] =>
      events.filter((event) => event.name === name);
    const omitted = of("omitted").map(({ args }) => args);
    const sum = (name: string): number =>
      omitted.reduce((total, args) => total + (args[name] ?? 0), 0);
    const told = of("select").filter(({ ph }) => ph === "X").length;
    expect(told).toBeLessThan(20_000);
    expect(told + sum("turns")).toBe(20_001);
    expect(of("recv").length + of("send").length + sum("operations")).toBe(
      40_000,
    );
    expect(sum("bytesIn") + of("recv").length).toBe(20_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
