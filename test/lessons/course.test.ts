/** The texts of the course quote the lessons, and say what they print. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { root, sureToEnd } from "./lessons.ts";

const lessons = readdirSync(`${root}/examples`)
  .filter((name) => /^\d\d-/.test(name))
  .sort()
  .map((name) => (name.endsWith(".ts") ? name : `${name}/index.ts`));

function sourceOf(file: string): string {
  return readFileSync(`${root}/examples/${file}`, "utf8");
}

/** A part of a text for each lesson, in order. */
function sectionsOf(text: string): string[] {
  return text.split(/^## \d+\. .*$/m).slice(1);
}

/** What the blocks of a kind hold. */
function blocks(text: string, kind: string): string[] {
  const found = text.matchAll(
    new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\``, "gm"),
  );
  return [...found].map(([, block = ""]) => block);
}

describe.each(["README.md", "README.ru.md"])("examples/%s", (name) => {
  const text = sourceOf(name);
  const sections = sectionsOf(text);

  test("has a section and a line in its table for each lesson", () => {
    expect(sections).toHaveLength(lessons.length);
    for (const [index, file] of lessons.entries()) {
      const link = `[${file.replace(/(\/index)?\.ts$/, "")}](${file})`;
      expect(sections[index]).toContain(link);
      expect(text).toContain(`| ${link} | `);
    }
  });

  test.each(lessons.map((file, index) => [file, index] as const))(
    "what it quotes of %s is there",
    (file, index) => {
      const lines = new Set(
        sourceOf(file)
          .split("\n")
          .map((line) => line.trim()),
      );
      for (const block of blocks(sections[index] ?? "", "ts")) {
        for (const line of block.trim().split("\n")) {
          expect(lines).toContain(line.trim());
        }
      }
    },
  );

  test("what it says that a lesson prints is what it prints", async () => {
    const sessions = sections.flatMap((section) => blocks(section, "console"));
    expect(sessions).not.toEqual([]);
    for (const session of sessions) {
      const [, number = "", said = ""] =
        /^\$ npm run lesson (\d+)\n([^]*)$/.exec(session) ?? [];
      const program = sureToEnd(
        new Program("scripts/lesson.ts", [number], {}, "tsx"),
      );
      const { stdout } = await program.ended;
      if (!said.endsWith("...\n")) expect(stdout).toBe(said);
      else expect(stdout.startsWith(said.slice(0, -4))).toBe(true);
    }
  });
});

test("both texts quote the same", () => {
  const [english, russian] = ["README.md", "README.ru.md"].map((name) =>
    ["ts", "console", "text", "sh"].map((kind) =>
      blocks(sourceOf(name), kind).map((block) =>
        block.replaceAll(/ # .*/g, ""),
      ),
    ),
  );
  expect(russian).toEqual(english);
});

test("the README has a line for each lesson, with its title", () => {
  const text = readFileSync(`${root}/README.md`, "utf8");
  for (const file of lessons) {
    const [, title = "?"] = /^ \* \d\d - (.+)$/m.exec(sourceOf(file)) ?? [];
    const name = file.replace(/(\/index)?\.ts$/, "");
    expect(text).toContain(`| [${name}](examples/${file}) | ${title} |`);
  }
});
