// npm run bench:publish -- [FOLDER]
//
// Puts the results of a whole run, bench/results unless told, into
// docs/performance.md: a table between each pair of marks, and the pictures beside
// the page.
//
//   <!-- figure NAME.FIGURE -->
//   ...
//   <!-- end -->
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Machine, machineText } from "./harness/machine.ts";
import { markdown } from "./harness/markdown.ts";
import type { Report } from "./harness/report.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = process.argv[2] ?? join(root, "bench/results");
const page = join(root, "docs/performance.md");
const pictures = join(root, "docs/performance");

function reportOf(name: string): Report {
  if (!existsSync(join(results, `${name}.json`))) {
    console.error(`There is no ${name}.json in ${results}: npm run bench`);
    process.exit(1);
  }
  const text = readFileSync(join(results, `${name}.json`), "utf8");
  const report = JSON.parse(text) as Report;
  if (report.isQuick) throw new Error(`${name}: a smoke run is no result`);
  return report;
}

function figureText(place: string): string {
  const [name = "", figureName = ""] = place.split(".");
  const report = reportOf(name);
  const figure = report.figures.find((figure) => figure.name === figureName);
  if (figure === undefined) throw new Error(`${name} has no ${figureName}`);
  const picture = `${place}.svg`;
  copyFileSync(join(results, picture), join(pictures, picture));
  return `${markdown(figure)}\n\n![${report.title}: ${figure.unit}](performance/${picture})`;
}

function machine(): string {
  const { machine, date } = reportOf("select");
  const idle: Machine = { ...machine, busy: 0 };
  return `${machineText(idle).replace("\n", "; ")}; ${date.slice(0, 10)}`;
}

mkdirSync(pictures, { recursive: true });
const marks = /(<!-- (figure|machine) ?(\S*) -->\n)[^]*?(<!-- end -->)/g;
const text = readFileSync(page, "utf8").replace(
  marks,
  (_, begin: string, kind: string, place: string, end: string) =>
    `${begin}\n${kind === "machine" ? machine() : figureText(place)}\n\n${end}`,
);
writeFileSync(page, text);
