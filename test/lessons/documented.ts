/** What a lesson's header quotes, and what is really said. */
import { readFileSync } from "node:fs";
import { Command, root } from "./lessons.ts";

/** What a header quotes under a label: the lines that are set in deeper. */
export function quoted(file: string, label: string): string[] {
  const source = readFileSync(`${root}/examples/${file}`, "utf8");
  const [, part = ""] =
    new RegExp(`^ \\* ${label}:([^]*?)(?=\\n \\*\\n|\\n \\* \\S)`, "m").exec(
      source,
    ) ?? [];
  return [...part.matchAll(/^ \* {23}(.*)$/gm)].map(([, line = ""]) => line);
}

/** The commands of a session that a header quotes. */
export function commandsOf(session: readonly string[]): string[] {
  return session.flatMap((line) => /^> (.*)/.exec(line)?.slice(1) ?? []);
}

/**
 * What a lesson's REPL says to commands, each below its own; `undefined` is left
 * out, as it is in the headers.
 * @param args The lesson's number, and what it is told.
 */
export async function played(
  args: readonly string[],
  commands: readonly string[],
): Promise<string[]> {
  const prompt = `lesson ${args[0]}> `;
  const answer = new RegExp(`([^]*?)${prompt}`);
  await using repl = new Command(process.execPath, [
    ...["--import", "tsx", "scripts/lesson.ts", ...args, "--repl"],
  ]);
  await repl.output.take(answer);
  const lines: string[] = [];
  for (const command of commands) {
    repl.type(`${command}\n`);
    const [, said = ""] = await repl.output.take(answer);
    const answers = said.split("\n").slice(0, -1);
    lines.push(`> ${command}`, ...answers.filter((a) => a !== "undefined"));
  }
  repl.type(".exit\n");
  const { code } = await repl.ended;
  if (code !== 0) throw new Error(`the REPL ended with ${code}`);
  return lines;
}
