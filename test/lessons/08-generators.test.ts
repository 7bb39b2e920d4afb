import { setTimeout as wallClock } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  answer,
  Client,
  Flood,
  halfClosing,
  polite,
  politeAnswers,
  resetting,
  resettingAfterSending,
  vanishingInMidReply,
} from "./clients.ts";
import { loader } from "../helpers/programs.ts";
import { Command, cpuTimeMs, LessonServer } from "./lessons.ts";

const file = "08-generators.ts";

const rude = [
  resetting,
  resettingAfterSending,
  vanishingInMidReply,
  (port: number) => halfClosing(port, "hello\n"),
];

test("a client's end is its own task's end only", async () => {
  await using server = await LessonServer.start(file);
  using witness = await Client.connect(server.port);
  for (let i = 0; i < 5; i++) {
    await server.during(Promise.all(rude.map((client) => client(server.port))));
    expect(await server.during(witness.ask())).toBe(answer);
  }
});

test("a client that never reads waits to be written to, and stays", async () => {
  await using server = await LessonServer.start(file);
  using other = await Client.connect(server.port);
  using flood = new Flood(server.port);
  // Once its answers have no room, nothing is read from it any more.
  let before = flood.chunks;
  for (let since = 0; since < 300; since++) {
    expect(await server.during(other.ask())).toBe(answer);
    if (flood.chunks !== before) since = 0;
    before = flood.chunks;
  }
  expect(flood.isOver).toBe(false);
  const beforeMs = cpuTimeMs(server.program.pid);
  await server.during(wallClock(500));
  expect(cpuTimeMs(server.program.pid) - beforeMs).toBeLessThan(100);
});

/** The lesson with so few descriptors that it is soon full. */
function withFewDescriptors(): Command {
  const few = `echo $$ && ulimit -n 100 && exec "$0" --import ${loader} "$@"`;
  const args = ["-c", few, process.execPath, `examples/${file}`, "0"];
  return new Command("/bin/sh", args);
}

/** Its process id and its port, once it listens. */
async function start(lesson: Command): Promise<readonly [number, number]> {
  const said = /^(\d+)\nListening on 127\.0\.0\.1:(\d+)\n/;
  const [, pid, port] = await lesson.output.take(said);
  return [Number(pid), Number(port)];
}

test("when it is full, the next ones wait until somebody leaves", async () => {
  await using lesson = withFewDescriptors();
  const [, port] = await start(lesson);
  const crowd = Array.from({ length: 120 }, () => Client.connect(port));
  const clients = await Promise.all(crowd);
  let answered = 0;
  const answers = clients.map(async (client) => {
    const heard = await client.ask();
    answered++;
    return heard;
  });
  try {
    // Those that have a place get their answer, again and again.
    const [first] = clients;
    await answers[0];
    for (let i = 0; i < 100; i++) expect(await first?.ask()).toBe(answer);
    expect(answered).toBeGreaterThan(1);
    expect(answered).toBeLessThan(120);
    // Each that leaves lets another one in.
    for (const [number, client] of clients.entries()) {
      expect(await answers[number]).toBe(answer);
      client.end();
      expect(await client.rest()).toEqual({ text: "", end: "EOF" });
    }
    expect(await polite(port)).toEqual(politeAnswers);
  } finally {
    for (const client of clients) client.destroy();
  }
});

test("while it is full it takes no processor time", async () => {
  await using lesson = withFewDescriptors();
  const [pid, port] = await start(lesson);
  const crowd = Array.from({ length: 120 }, () => Client.connect(port));
  const clients = await Promise.all(crowd);
  try {
    expect(await clients[0]?.ask()).toBe(answer);
    const before = cpuTimeMs(pid);
    await wallClock(500);
    expect(cpuTimeMs(pid) - before).toBeLessThan(100);
  } finally {
    for (const client of clients) client.destroy();
  }
});
