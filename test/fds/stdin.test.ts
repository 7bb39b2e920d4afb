/** examples/fds/stdin.ts with everything that standard input can be. */
import { loader } from "../helpers/programs.ts";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Terminal } from "../helpers/terminal.ts";
import { quoted } from "../lessons/documented.ts";
import { Command, isInstalled, printed, root } from "../lessons/lessons.ts";
import { Example, folder, nodeFolder } from "./support.ts";

const file = `${folder}/stdin.ts`;
const run = `node --import ${loader} ${file}`;

/** What is printed by a command of a shell, in which `run` stands for itself. */
async function output(command: string): Promise<string> {
  const script = `PATH="$0:$PATH"; ${command}`;
  await using shell = new Command("/bin/sh", ["-c", script, nodeFolder]);
  const { text } = await shell.output.rest();
  expect(await shell.ended).toEqual({ code: 0, signal: null });
  return text;
}

test("a pipe is read to its end", async () => {
  const lines = quoted("fds/stdin.ts", "Observe");
  expect(await output(`echo hello | ${run}`)).toBe(`${lines.join("\n")}\n`);
});

test("what comes through a pipe is there as it comes", async () => {
  const writer = 'read -r a; echo "$a"; read -r b; echo "$b"';
  const script = `PATH="$0:$PATH"; { ${writer}; } | ${run}`;
  await using shell = new Command("/bin/sh", ["-c", script, nodeFolder]);
  await shell.output.take(/^Descriptor 0 is a pipe\n/);
  shell.type("one\n");
  await shell.output.take(/^4 bytes: "one\\n"\n/);
  shell.type("again\n");
  await shell.output.take(/^6 bytes: "again\\n"\nThe end\n$/);
  expect(await shell.ended).toEqual({ code: 0, signal: null });
});

test("a file is read from its beginning to its end", async () => {
  const name = "LICENSE";
  const [first, ...lines] = (await output(`${run} < ${name}`)).split("\n");
  expect(first).toBe("Descriptor 0 is a file");
  expect(lines.splice(-2)).toEqual(["The end", ""]);
  const pieces = lines.map((line) => /^(\d+) bytes?: (".*")$/.exec(line) ?? []);
  const sizes = pieces.map(([, size]) => Number(size));
  expect(sizes.reduce((sum, size) => sum + size)).toBe(
    statSync(join(root, name)).size,
  );
  const texts = pieces.map(([, , text = '""']) => JSON.parse(text) as string);
  expect(texts.join("")).toBe(readFileSync(join(root, name), "utf8"));
});

test("/dev/null ends at once", async () => {
  expect(await output(`${run} < /dev/null`)).toBe(
    "Descriptor 0 is a device\nThe end\n",
  );
});

test("a terminal gives what is typed, and ends with Ctrl-D", async ({
  skip,
}) => {
  if (!isInstalled("python3")) skip(printed("python3 is not installed"));
  await using terminal = new Terminal(
    ...[process.execPath, "--import", loader, file],
  );
  const { output } = terminal;
  await output.take(/^Descriptor 0 is a terminal\r\n/);
  for (const word of ["hello", "again"]) {
    terminal.press(`${word}\r`);
    await output.take(
      new RegExp(`^${word}\\r\\n6 bytes: "${word}\\\\n"\\r\\n`),
    );
  }
  terminal.press("\x04"); // Ctrl-D
  await output.take(/The end\r\n/);
  await output.take(/ended with code 0\n/);
});

test("Ctrl-C in a terminal ends it at once", async ({ skip }) => {
  if (!isInstalled("python3")) skip(printed("python3 is not installed"));
  await using terminal = new Terminal(
    ...[process.execPath, "--import", loader, file],
  );
  await terminal.output.take(/Descriptor 0 is a terminal\r\n/);
  terminal.press("half a line\x03");
  await terminal.output.take(/ended by signal 2\n/);
});

test("the mode of standard input is left alone", async ({ skip }) => {
  if (process.platform !== "linux") skip(printed("there is no /proc"));
  await using example = new Example("stdin");
  const { program } = example;
  await program.line();
  program.process.stdin?.write("hello\n");
  expect(await program.line()).toBe('6 bytes: "hello\\n"');
  const info = readFileSync(`/proc/${program.pid}/fdinfo/0`, "utf8");
  const [, flags = ""] = /^flags:\s*(\d+)$/m.exec(info) ?? [];
  expect(Number.parseInt(flags, 8) & 0o4000).toBe(0); // O_NONBLOCK
});
