import { readFileSync } from "node:fs";
import { setTimeout as wallClock } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { untilAsleep } from "../helpers/asleep.ts";
import { Program } from "../helpers/programs.ts";
import {
  answer,
  Client,
  Flood,
  polite,
  politeAnswers,
  vanishingInMidReply,
} from "./clients.ts";
import { cpuTimeMs, root, sureToEnd } from "./lessons.ts";

const file = "21-shutdown.ts";

/** The lines that the header quotes, and a command. */
const quoted = [
  ...readFileSync(`${root}/examples/${file}`, "utf8").matchAll(
    /^ \* {23}(.*)$/gm,
  ),
].map(([, line]) => line);

function lesson(...args: string[]): Program {
  return sureToEnd(new Program(`examples/${file}`, ["0", ...args]));
}

async function portOf(program: Program): Promise<number> {
  const [, port] = await program.match(/^Listening on 127\.0\.0\.1:(\d+)$/);
  return Number(port);
}

/** So long that a test which waits for its end fails. */
const longMs = "600000";

/** Connects, and is sure to have been accepted. */
async function served(port: number): Promise<Client> {
  const client = await Client.connect(port);
  expect(await client.ask()).toBe(answer);
  return client;
}

async function expectRefused(port: number): Promise<void> {
  await expect(Client.connect(port)).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
}

test("after Ctrl-C nobody new comes in, and those who are there are served until they leave", async () => {
  await using program = lesson();
  const port = await portOf(program);
  using first = await served(port);
  using second = await served(port);
  program.process.kill("SIGINT");
  const [draining] = await program.match(/^SIGINT.*/);
  await expectRefused(port);
  expect(await second.ask()).toBe(answer);
  first.end();
  expect(await first.rest()).toEqual({ text: "", end: "EOF" });
  await expectRefused(port);
  second.end();
  expect(await second.rest()).toEqual({ text: "", end: "EOF" });
  expect(quoted.slice(0, 2)).toEqual([draining, await program.line()]);
  expect(await program.ended).toMatchObject({
    code: 0,
    signal: null,
    stderr: "",
  });
});

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test("ends it with code 0 if nobody is there", async () => {
    await using program = lesson(longMs);
    const port = await portOf(program);
    expect(await polite(port)).toEqual(politeAnswers);
    await untilAsleep(program.pid);
    program.process.kill(signal);
    expect(await program.ended).toMatchObject({
      code: 0,
      signal: null,
      stderr: "",
    });
  });

  test("ends it at once the second time", async () => {
    await using program = lesson(longMs);
    const port = await portOf(program);
    using client = await served(port);
    program.process.kill("SIGTERM");
    await program.match(/^SIGTERM/);
    expect(await client.ask()).toBe(answer);
    await untilAsleep(program.pid);
    program.process.kill(signal);
    expect(await program.ended).toMatchObject({
      code: null,
      signal,
      stderr: "",
    });
  });
});

test("those who stay are put out after the grace time", async () => {
  const graceMs = 500;
  await using program = lesson(String(graceMs));
  const port = await portOf(program);
  using first = await served(port);
  using second = await served(port);
  const start = performance.now();
  program.process.kill("SIGTERM");
  await program.match(/here: 2; grace: 500 ms/);
  expect(await second.ask()).toBe(answer);
  for (const client of [first, second]) {
    expect(await client.rest()).toEqual({ text: "", end: "EOF" });
    expect(performance.now() - start).toBeGreaterThanOrEqual(graceMs);
  }
  expect(await program.line()).toBe("Ended in peace; put out: 2");
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
});

describe("no signal is lost", () => {
  test("which comes together with messages", async () => {
    await using program = lesson(longMs);
    const port = await portOf(program);
    using client = await served(port);
    for (const signal of ["SIGSTOP", "SIGTERM"] as const) {
      program.process.kill(signal);
    }
    client.say("hello\n");
    program.process.kill("SIGCONT");
    await program.match(/^SIGTERM/);
    expect(await client.reply()).toBe(answer);
    client.end();
    expect(await program.ended).toMatchObject({ code: 0 });
  });

  test("if two come at once", async () => {
    await using program = lesson(longMs);
    const port = await portOf(program);
    using client = await served(port);
    const signals = ["SIGSTOP", "SIGTERM", "SIGINT", "SIGCONT"] as const;
    for (const signal of signals) program.process.kill(signal);
    const { code, signal } = await program.ended;
    expect(code).toBe(null);
    expect(["SIGTERM", "SIGINT"]).toContain(signal);
    expect(await client.rest()).toMatchObject({ text: "" });
  });

  test("while it never comes to rest", async () => {
    await using program = lesson(longMs);
    const port = await portOf(program);
    using client = await served(port);
    const end = new AbortController();
    const busy = (async () => {
      while (!end.signal.aborted) expect(await client.ask()).toBe(answer);
    })();
    program.process.kill("SIGINT");
    await program.match(/^SIGINT/);
    end.abort();
    await busy;
    client.end();
    expect(await program.ended).toMatchObject({ code: 0 });
  });
});

test("it takes no time while nothing happens, also while it waits for the last", async () => {
  await using program = lesson(longMs);
  const port = await portOf(program);
  using client = await served(port);
  for (const signal of ["SIGWINCH", "SIGINT"] as const) {
    program.process.kill(signal);
    if (signal === "SIGINT") await program.match(/^SIGINT/);
    const before = cpuTimeMs(program.pid);
    const start = performance.now();
    await wallClock(700);
    const usedMs = cpuTimeMs(program.pid) - before;
    expect(usedMs / (performance.now() - start)).toBeLessThan(0.1);
  }
  expect(await client.ask()).toBe(answer);
});

test("clients that broke off, or never read, do not hold up its end", async () => {
  await using program = lesson(longMs);
  const port = await portOf(program);
  using client = await served(port);
  using flood = new Flood(port);
  for (let i = 0; i < 10; i++) await vanishingInMidReply(port);
  expect(await client.ask()).toBe(answer);
  program.process.kill("SIGINT");
  await program.match(/^SIGINT/);
  client.reset();
  flood[Symbol.dispose]();
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
});
