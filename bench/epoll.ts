// npm run bench    an epoll wait through EpollSelector next to the same in C
//
// The two run by turns, each in a process of its own; medians and their ratio.
// What matters is that the ratio does not grow with what is registered.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "bench-"));
const program = join(folder, "epoll");
execFileSync("cc", ["-O2", "-o", program, here("epoll.c"), "-lpthread"]);

function run(command: string, args: readonly string[]): number[] {
  const output = execFileSync(command, args, { encoding: "utf8" });
  return output.trim().split("\n").map(Number);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

console.log(
  `${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}\n`,
);
console.log("registered  ready      C ns   ours ns   ratio");
for (const registered of [10, 100, 1000, 9000]) {
  for (const ready of [0, 1, 10, 100].filter((n) => n <= registered)) {
    const calls = Math.round(20_000_000 / (300 + 120 * ready));
    const args = [registered, ready, calls].map(String);
    const c: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < 3; round++) {
      c.push(...run(program, args));
      ours.push(
        ...run(process.execPath, [
          "--import",
          "tsx",
          here("epoll-selector.ts"),
          ...args,
        ]),
      );
    }
    const row = [
      String(registered).padStart(10),
      String(ready).padStart(6),
      median(c).toFixed(0).padStart(9),
      median(ours).toFixed(0).padStart(9),
      (median(ours) / median(c)).toFixed(2).padStart(7),
    ];
    console.log(row.join(" "));
  }
}
rmSync(folder, { recursive: true });
