import { setTimeout as wallClock } from "node:timers/promises";
import {
  IPPROTO_TCP,
  SHUT_WR,
  SO_RCVBUF,
  Socket,
  SOL_SOCKET,
  TCP_MAXSEG,
} from "posix-select/socket";
import { describe, expect, test } from "vitest";
import {
  Client,
  leavingSilently,
  resetting,
  resettingAfterSending,
  vanishingInMidReply,
} from "./clients.ts";
import { quoted } from "./documented.ts";
import { cpuTimeMs, LessonServer, openFiles } from "./lessons.ts";

const file = "19-chat.ts";

const question = "* Your name?";
const welcome = (name: string): string =>
  `* You are ${name}. /who tells who is here, /quit leaves`;

/** Expects a client to hear these lines next. */
async function hears(client: Client, ...lines: string[]): Promise<void> {
  for (const line of lines) expect(await client.reply()).toBe(`${line}\n`);
}

/** Comes in with a name, which those hear who are there. */
async function enter(
  { port }: LessonServer,
  name: string,
  ...others: Client[]
): Promise<Client> {
  const client = await Client.connect(port);
  client.say(`${name}\n`);
  await hears(client, question, welcome(name));
  for (const other of others) await hears(other, `* ${name} is here`);
  return client;
}

/** Expects that two can talk, that it has not complained, and its end. */
async function expectInGoodHealth(server: LessonServer): Promise<void> {
  using one = await enter(server, "one");
  using other = await enter(server, "other", one);
  other.say("hello\n");
  await hears(one, "other: hello");
  expect(await server.interrupt()).toMatchObject({
    signal: "SIGINT",
    stderr: "",
  });
}

test("ann sees what its header quotes", async () => {
  await using server = await LessonServer.start(file);
  const session = quoted(file, "Observe");
  const seen = session.slice(0, session.indexOf("* bob has left") + 1);
  using ann = await Client.connect(server.port);
  const heard: string[] = [await ann.reply()];
  heard.push("ann\n", await ann.ask("ann\n"));
  using bob = await enter(server, "bob");
  heard.push(await ann.reply(), "hello\n");
  ann.say("hello\n");
  await hears(bob, "ann: hello");
  bob.say("hello ann\n");
  bob.end();
  heard.push(await ann.reply(), await ann.reply());
  expect(heard).toEqual(seen.map((line) => `${line}\n`));
  expect(await bob.rest()).toEqual({ text: "", end: "EOF" });
  await expectInGoodHealth(server);
});

test("a name is one word that nobody else has", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  using client = await Client.connect(server.port);
  await hears(client, question);
  for (const name of ["ann", "two words", "*", "x".repeat(21), "\x1b[2J*"]) {
    client.say(`${name}\n`);
    const refusal = "* One word, please, that nobody else has. Your name?";
    await hears(client, refusal);
  }
  client.say("Аня\n");
  await hears(client, welcome("Аня"));
  await hears(ann, "* Аня is here");
  ann.say("/quit\nto nobody\n");
  expect(await ann.rest()).toEqual({ text: "", end: "EOF" });
  await hears(client, "* ann has left");
  // Now there is nobody of that name.
  using again = await enter(server, "ann", client);
  client.say("/who\n");
  await hears(client, "* Аня, ann");
  again.say("hello\n");
  await hears(client, "ann: hello");
});

test("lines come in pieces, several at once, with CRLF, and with no end", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  using bob = new Socket();
  bob.connect({ host: "127.0.0.1", port: server.port });
  const bytes = Buffer.from("bob\r\nпривет\r\none\ntwo\n\nthree\nlast words");
  for (const [i] of bytes.entries()) {
    bob.send(bytes.subarray(i, i + 1)); // letters are cut in their middle
    if (i % 2 === 0) await wallClock(1);
  }
  await hears(ann, "* bob is here", "bob: привет", "bob: one", "bob: two");
  await hears(ann, "bob: three");
  expect(ann.unread).toBe("");
  bob.shutdown(SHUT_WR);
  await hears(ann, "bob: last words", "* bob has left");
  bob.close();
});

test("no line is too long, and none does anything to a terminal", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  using bob = await enter(server, "bob", ann);
  bob.say("\x1b[2J\x07\x9b1mred\u{1f600}\x7f\t\n");
  await hears(ann, "bob: [2J1mred\u{1f600}");
  bob.say(`${"x".repeat(1000)}\n`);
  await hears(ann, `bob: ${"x".repeat(500)}`);
  // Never a line: it is not kept, and not passed on.
  for (let i = 0; i < 50; i++) bob.say("y".repeat(100_000));
  bob.say("\nend\n");
  await hears(ann, `bob: ${"y".repeat(500)}`, "bob: end");
  await expectInGoodHealth(server);
});

test("a client that half-closes still gets its answers, and then EOF", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  for (let i = 0; i < 10; i++) {
    using client = await Client.connect(server.port);
    client.say("bob\n/who\nbye");
    client.end();
    expect(await client.rest()).toEqual({
      text: `${question}\n${welcome("bob")}\n* ann, bob\n`,
      end: "EOF",
    });
    await hears(ann, "* bob is here", "bob: bye", "* bob has left");
  }
});

describe("clients that are rude", () => {
  test.each([
    [
      "reset",
      (client: Client) => {
        client.reset();
      },
    ],
    [
      "are gone",
      (client: Client) => {
        client.destroy();
      },
    ],
  ] as const)("and %s have left", async (_, go) => {
    await using server = await LessonServer.start(file);
    using ann = await enter(server, "ann");
    for (let i = 0; i < 10; i++) {
      const bob = await enter(server, "bob", ann);
      ann.say("hello\n".repeat(50));
      go(bob);
      await hears(ann, "* bob has left");
    }
    await expectInGoodHealth(server);
  });

  test("end nothing before they have a name", async () => {
    await using server = await LessonServer.start(file);
    using ann = await enter(server, "ann");
    const before = openFiles(server.program.pid);
    for (const rude of [resetting, resettingAfterSending, leavingSilently]) {
      await Promise.all(Array.from({ length: 20 }, () => rude(server.port)));
    }
    await Promise.all(
      Array.from({ length: 20 }, () => vanishingInMidReply(server.port)),
    );
    using silent = await Client.connect(server.port);
    await hears(silent, question);
    silent.end();
    await silent.rest();
    ann.say("/who\n");
    for (let line = ""; line !== "* ann\n";) line = await ann.reply();
    expect(openFiles(server.program.pid)).toBe(before);
    await expectInGoodHealth(server);
  });
});

test("1,100 clients at once are all asked for their names", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  const before = openFiles(server.program.pid);
  const clients = await Promise.all(
    Array.from({ length: 1100 }, () => Client.connect(server.port)),
  );
  for (const client of clients) await hears(client, question);
  using bob = await enter(server, "bob", ann);
  for (const client of clients) client.destroy();
  bob.say("/quit\n");
  await bob.rest();
  await hears(ann, "* bob has left");
  using again = await enter(server, "bob", ann);
  again.end();
  await again.rest();
  expect(openFiles(server.program.pid)).toBe(before);
});

test("one who does not listen holds up nobody, and is let go", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  using bob = await enter(server, "bob", ann);
  const before = openFiles(server.program.pid);
  using slow = new Socket();
  // So that the systems take little for it.
  slow.setsockopt(SOL_SOCKET, SO_RCVBUF, 2048);
  slow.setsockopt(IPPROTO_TCP, TCP_MAXSEG, 536);
  slow.connect({ host: "127.0.0.1", port: server.port });
  slow.sendAll("slow\n");
  await hears(ann, "* slow is here");
  await hears(bob, "* slow is here");
  const line = "x".repeat(500);
  let heard = "";
  for (let i = 0; !heard.startsWith("*") && i < 20_000; i++) {
    bob.say(`${line}\n`);
    heard = await server.during(ann.reply());
    expect([`bob: ${line}\n`, "* slow did not listen\n"]).toContain(heard);
  }
  expect(heard).toBe("* slow did not listen\n");
  expect(quoted(file, "Observe").at(-1)).toBe("* bob did not listen");
  await hears(bob, "* slow did not listen");
  ann.say("/who\n");
  let who = "";
  while (!/^\* [^s]/.test(who)) who = await ann.reply();
  expect(who).toBe("* ann, bob\n");
  expect(openFiles(server.program.pid)).toBe(before);

  // A fast reader who has talked as much has not lost a line, nor its place.
  for (let i = 0; i < 2000; i++) ann.say(`${i}\n`);
  for (let i = 0; i < 2000; i++) await hears(bob, `ann: ${i}`);
  await expectInGoodHealth(server);
});

test("it takes no time while nobody says anything", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  using bob = await enter(server, "bob", ann);
  using silent = await Client.connect(server.port);
  await hears(silent, question);
  const { pid } = server.program;
  const before = cpuTimeMs(pid);
  const start = performance.now();
  await server.during(wallClock(700));
  const usedMs = cpuTimeMs(pid) - before;
  expect(usedMs / (performance.now() - start)).toBeLessThan(0.1);
  ann.say("hello\n");
  await hears(bob, "ann: hello");
});
