/** Lesson 19 among people that mean no good. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../lessons/clients.ts";
import { LessonServer } from "../lessons/lessons.ts";
import {
  amount,
  destroyAll,
  flood,
  Memory,
  mostGrowth,
  raw,
  raws,
} from "./support.ts";

let server: LessonServer;
let names = 0;

beforeAll(async () => {
  server = await LessonServer.start("19-chat.ts");
});

afterAll(async () => {
  const { signal, stderr } = await server.interrupt();
  expect({ signal, stderr }).toEqual({ signal: "SIGINT", stderr: "" });
});

/** Hears until a line matches. */
async function until(client: Client, pattern: RegExp): Promise<string> {
  for (;;) {
    const line = await server.during(client.reply());
    if (pattern.test(line)) return line;
  }
}

async function enter(): Promise<{ client: Client; name: string }> {
  const client = await Client.connect(server.port);
  const name = `honest${++names}`;
  client.say(`${name}\n`);
  await until(client, new RegExp(`^\\* You are ${name}\\.`));
  return { client, name };
}

/** Two honest people can talk. */
async function expectService(): Promise<void> {
  const { client: ann } = await enter();
  const { client: bob, name } = await enter();
  bob.say("hello\n");
  await until(ann, new RegExp(`^${name}: hello\n`));
  for (const client of [ann, bob]) client.destroy();
}

test("nobody writes on another one's terminal", async () => {
  const { client: ann } = await enter();
  const { client: eve, name } = await enter();
  const controls = Array.from({ length: 0xa0 }, (_, code) => code)
    .filter((code) => (code < 0x20 || code >= 0x7f) && code !== 10)
    .map((code) => String.fromCodePoint(code));
  const sequences = ["\x1b[2J", "\x1b]0;title\x07", "\x9b2J", "\x1bP1$r\x1b\\"]
    .concat([
      "\x1b[6n",
      "\r* root is here",
      "\x08\x08\x08",
      "\x1b]52;c;eA==\x07",
    ])
    .concat(controls);
  for (const [i, sequence] of sequences.entries()) {
    eve.say(`<${sequence}>${i}\n`);
    const line = await until(ann, new RegExp(`>${i}\n$`));
    expect(line).toMatch(/^[ -~]+\n$/);
    expect(line.startsWith(`${name}: <`)).toBe(true);
  }
  const names = [
    "\x1b[31mred",
    "* root",
    "a b",
    "",
    "x".repeat(21),
    "\u202eevil",
  ].concat(["a\u200db", "e\u0301", "-", ":", "<b>"]);
  const mallory = await Client.connect(server.port);
  for (const name of names) mallory.say(`${name}\n`);
  mallory.say("x".repeat(1e5));
  mallory.say("\n/who\n");
  const who = await until(mallory, /honest/);
  for (const name of names) {
    if (name !== "") expect(who).not.toContain(`, ${name},`);
  }
  for (const client of [ann, eve, mallory]) client.destroy();
});

test("bytes that are no text harm nobody", async () => {
  const { client: ann } = await enter();
  const eve = await raw(server.port);
  eve.resume().write(`eve${names}\n`);
  await until(ann, /^\* eve\d+ is here/);
  for (const hex of ["fffe", "c080", "eda080edb080", "f4908080", "f09f", "00"])
    eve.write(Buffer.concat([Buffer.from(hex, "hex"), Buffer.from("\n")]));
  eve.write("end\n");
  await until(ann, /^eve\d+: end\n/);
  eve.destroy();
  ann.destroy();
  await expectService();
});

test("a line or a name without an end costs no memory", async () => {
  using memory = new Memory(server);
  const some = await raws(server.port, 5);
  for (const [i, socket] of some.entries()) {
    socket.resume();
    if (i % 2 === 0) socket.write(`endless${i}\n`);
  }
  const most = amount(5e6, 1e8);
  const floods = some.map((socket) => flood(socket, "z".repeat(60_000), most));
  await expectService();
  await Promise.all(floods);
  expect(memory.growth).toBeLessThan(mostGrowth);
  destroyAll(some);
  await expectService();
});

test("many that ask for everybody, and never read, cost no memory", async () => {
  const crowd = await raws(server.port, amount(300, 1000));
  for (const [i, socket] of crowd.entries()) {
    // Four bytes a letter.
    const name = "\u{20000}".repeat(15) + String(10_000 + i);
    socket.resume().write(`${name}\n`);
  }
  await expectService();
  using memory = new Memory(server);
  const loud = await raws(server.port, amount(10, 50));
  const floods = loud.map((socket) =>
    flood(socket, "/who\n".repeat(13_000), 2e6),
  );
  await expectService();
  await Promise.all(floods);
  expect(memory.growth).toBeLessThan(mostGrowth);
  destroyAll([...crowd, ...loud]);
  await expectService();
});

test("a byte at a time from hundreds holds up nobody", async () => {
  const slow = await raws(server.port, amount(200, 2000));
  for (let i = 0; i < amount(5, 50); i++) {
    for (const socket of slow) socket.write("s");
    await expectService();
  }
  for (const socket of slow) socket.resetAndDestroy();
  await expectService();
});
