import { readFileSync } from "node:fs";
import { setTimeout as wallClock } from "node:timers/promises";
import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
import { cpuTimeMs, openFiles, root, sureToEnd } from "./lessons.ts";

const file = "15-timers.ts";

/** The lesson, which puts out who is silent for so long. */
function lesson(idleMs: number): Program {
  const args = ["0", String(idleMs)];
  return sureToEnd(new Program(`examples/${file}`, args));
}

async function portOf(program: Program): Promise<number> {
  const [, port] = await program.match(/^Listening on 127\.0\.0\.1:(\d+)$/);
  return Number(port);
}

/** Expects a server that answers, has not complained, and ends by Ctrl-C. */
async function expectInGoodHealth(program: Program, port: number) {
  expect(await polite(port)).toEqual(politeAnswers);
  program.process.kill("SIGINT");
  expect(await program.ended).toMatchObject({ signal: "SIGINT", stderr: "" });
}

/** Waits for its end, and gives how long after `since` that was. */
async function putOut(client: Client, since: number): Promise<number> {
  expect(await client.rest()).toEqual({ text: "", end: "EOF" });
  return performance.now() - since;
}

test("who is silent is put out, and who speaks now and then is not", async () => {
  const idleMs = 1000;
  await using program = lesson(idleMs);
  const port = await portOf(program);
  const before = performance.now();
  using silent = await Client.connect(port);
  using lively = await Client.connect(port);
  const silence = putOut(silent, before);
  let spoke = before;
  while (performance.now() - before < 2 * idleMs) {
    spoke = performance.now();
    expect(await lively.ask()).toBe(answer);
    await wallClock(idleMs / 20);
  }
  for (const ms of [await silence, await putOut(lively, spoke)]) {
    expect(ms).toBeGreaterThanOrEqual(idleMs);
    expect(ms).toBeLessThan(20 * idleMs);
  }
  await expectInGoodHealth(program, port);
});

test("each of many is put out in its turn, and nothing is left", async () => {
  const idleMs = 1000;
  await using program = lesson(idleMs);
  const port = await portOf(program);
  expect(await polite(port)).toEqual(politeAnswers);
  const before = openFiles(program.pid);
  const count = 60;
  const clients = await Promise.all(
    Array.from({ length: count }, () => Client.connect(port)),
  );
  const silences: Promise<number>[] = [];
  const turns: number[] = [];
  for (let i = 0; i < count; i++) {
    const client = clients[(i * 7) % count]; // in another order than they came
    if (client === undefined) continue;
    const since = performance.now();
    client.say("hello\n");
    // Some leave by themselves before their time, in peace or not.
    if (i % 6 === 1) client.end();
    else if (i % 6 === 2) client.reset();
    else {
      expect(await client.reply()).toBe(answer);
      const silence = putOut(client, since);
      silences.push(silence);
      void silence.then(() => turns.push(i));
    }
  }
  for (const ms of await Promise.all(silences)) {
    expect(ms).toBeGreaterThanOrEqual(idleMs);
    expect(ms).toBeLessThan(50 * idleMs);
  }
  // As they spoke last, not as they came.
  const [early, late] = [turns.slice(0, 10), turns.slice(-10)];
  expect(Math.max(...early)).toBeLessThan(Math.min(...late));
  for (const client of clients) client.destroy();
  expect(await polite(port)).toEqual(politeAnswers);
  expect(await polite(port)).toEqual(politeAnswers);
  expect(openFiles(program.pid)).toBe(before);

  // No timer is left for which it would look again and again.
  const used = cpuTimeMs(program.pid);
  const since = performance.now();
  await wallClock(700);
  const gained = cpuTimeMs(program.pid) - used;
  expect(gained / (performance.now() - since)).toBeLessThan(0.1);
  await expectInGoodHealth(program, port);
});

test("a timer that is a descriptor says who is there, while somebody is", async () => {
  const source = readFileSync(`${root}/examples/${file}`, "utf8");
  const quoted = [...source.matchAll(/^ \* {23}(Watched: .*)$/gm)];
  await using program = lesson(1000);
  const port = await portOf(program);
  using first = await Client.connect(port);
  using second = await Client.connect(port);
  for (const client of [first, second]) {
    expect(await client.ask()).toBe(answer);
  }
  const [both] = await program.match(/^Watched: .*$/);
  first.end();
  await first.rest();
  expect(await second.ask()).toBe(answer);
  const [one] = await program.match(/^Watched: .*$/);
  expect(quoted.map(([, line]) => line)).toEqual([both, one]);
  second.end();
  await second.rest();
  await wallClock(1100); // two more ticks
  program.process.kill("SIGINT");
  const { stdout } = await program.ended;
  expect(stdout).not.toContain("Watched: 2");
});
