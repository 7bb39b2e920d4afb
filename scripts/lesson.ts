// npm run lesson             lists the lessons
// npm run lesson 3 [port]    runs one, in this very process
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../examples/", import.meta.url);

const lessons = readdirSync(folder)
  .filter((name) => /^\d\d-/.test(name))
  .sort()
  .map((name) => ({
    number: Number.parseInt(name, 10),
    name: name.replace(".ts", ""),
    url: new URL(name.endsWith(".ts") ? name : `${name}/index.ts`, folder),
  }));

/** What a lesson's header says is new in it. */
function newHere(url: URL): string {
  const [, text = ""] =
    /New here:\s*([\s\S]*?)\n \*\n/.exec(readFileSync(url, "utf8")) ?? [];
  return text.replaceAll(/\s*\n \*\s*/g, " ");
}

function list(): void {
  for (const { name, url } of lessons) {
    console.log(`${name.padEnd(18)} ${newHere(url)}`);
  }
  console.log("\nRun one: npm run lesson 3 [port]");
}

const [wanted, ...rest] = process.argv.slice(2);
const lesson = lessons.find(({ number }) => number === Number(wanted));

if (wanted === undefined) {
  list();
} else if (lesson === undefined) {
  console.error(`There is no lesson ${wanted}. There are:\n`);
  process.exitCode = 1;
  list();
} else {
  // The lesson sees its own arguments, as if it had been started by itself.
  process.argv.splice(2, Infinity, ...rest);
  await import(lesson.url.href);
}
