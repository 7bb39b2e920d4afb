import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { untilAsleep } from "../helpers/asleep.ts";
import { loader, Program } from "../helpers/programs.ts";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
import { Command, LessonServer, root, sureToEnd } from "./lessons.ts";

const file = "17-async-server.ts";
const source = readFileSync(`${root}/examples/${file}`, "utf8");
const drain = /^ {2}await setImmediate\(\);.*\n/m;

/** Runs the lesson with another line in the place of the one that matters. */
async function mutilated(
  line: string,
  work: (program: Program, port: number) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "posix-select-"));
  try {
    const copy = join(folder, "server.mts");
    expect(source).toMatch(drain);
    writeFileSync(copy, source.replace(drain, line));
    await using program = sureToEnd(new Program(copy, ["0"]));
    const [, port] = await program.match(/^Listening on .*:(\d+)$/);
    await work(program, Number(port));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("clients are served while others wait, and Ctrl-C ends it", async () => {
  await using server = await LessonServer.start(file);
  using silent = await Client.connect(server.port);
  using rude = await Client.connect(server.port);
  expect(await server.during(rude.ask())).toBe(answer);
  rude.reset();
  expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  expect(await server.during(silent.ask())).toBe(answer);
  expect(await server.interrupt()).toMatchObject({
    signal: "SIGINT",
    stderr: "",
  });
});

describe("the microtask trap", () => {
  test("without the line nobody is accepted", async () => {
    await mutilated("", async (program, port) => {
      using first = await Client.connect(port);
      first.say("hello\n");
      await untilAsleep(program.pid);
      using second = await Client.connect(port);
      second.say("hello\n");
      await untilAsleep(program.pid);
      program.process.kill("SIGKILL");
      const { stdout } = await program.ended;
      expect(stdout).toMatch(/^Listening on .*\n$/);
      expect(await first.rest()).toMatchObject({ text: "" });
      expect(await second.rest()).toMatchObject({ text: "" });
    });
  });

  test("with `await null` there is no answer", async () => {
    await mutilated("  await null;\n", async (program, port) => {
      using client = await Client.connect(port);
      await program.match(/^Connection from/);
      await untilAsleep(program.pid);
      client.say("hello\n");
      await untilAsleep(program.pid);
      program.process.kill("SIGKILL");
      expect(await client.rest()).toMatchObject({ text: "" });
    });
  });

  test("with `await null` there is one when something else happens", async () => {
    await mutilated("  await null;\n", async (program, port) => {
      using client = await Client.connect(port);
      await program.match(/^Connection from/);
      await untilAsleep(program.pid);
      client.say("hello\n");
      await untilAsleep(program.pid);
      using other = await Client.connect(port);
      expect(await client.reply()).toBe(answer);
      expect(other.unread).toBe("");
    });
  });
});

test("with no descriptor left clients wait until others leave", async () => {
  const node = `exec "$0" --import ${loader} examples/${file} 0`;
  await using server = new Command("/bin/sh", [
    "-c",
    `ulimit -n 100; ${node}`,
    process.execPath,
  ]);
  const [, port] = await server.output.take(/Listening on [\d.]+:(\d+)\n/);
  const clients: Client[] = [];
  for (let i = 0; i < 120; i++) {
    clients.push(await Client.connect(Number(port)));
    clients.at(-1)?.say("hello\n");
  }
  for (const client of clients) {
    expect(await client.reply()).toBe(answer);
    client.end();
    expect(await client.rest()).toEqual({ text: "", end: "EOF" });
  }
});
