// npm run format:native [-- --check]    formats the C++ code, Google's style
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { format } from "@wasm-fmt/clang-format/node";

const folder = new URL("../native/", import.meta.url);
const check = process.argv.includes("--check");

for (const name of readdirSync(folder)) {
  if (!/\.(cc|h)$/.test(name)) continue;
  const url = new URL(name, folder);
  const before = readFileSync(url, "utf8");
  const after = format(before, name, "Google");
  if (after === before) continue;
  if (check) {
    console.error(`native/${name} is not formatted: npm run format:native`);
    process.exitCode = 1;
  } else {
    writeFileSync(url, after);
  }
}
