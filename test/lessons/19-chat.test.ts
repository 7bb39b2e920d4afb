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
import { loader, Program } from "../helpers/programs.ts";
import {
  Client,
  leavingSilently,
  resetting,
  resettingAfterSending,
  vanishingInMidReply,
} from "./clients.ts";
import { quoted } from "./documented.ts";
import {
  Command,
  cpuTimeMs,
  isInstalled,
  LessonServer,
  openFiles,
  printed,
  sureToEnd,
} from "./lessons.ts";

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

test.concurrent("ann sees what its header quotes", async () => {
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

/** The commands that its header gives, with another port. */
function commandsFor(port: number): readonly string[] {
  const text = quoted(file, "Observe").join("\n");
  const commands = text.match(/^\(echo .*(?<=\|)\n.*|^\(echo .*/gm) ?? [];
  return commands.map((command) =>
    command
      .replace(" 5001 ", ` ${port} `)
      // On a terminal it does so by itself.
      .replace("grep", "grep --line-buffered")
      .replace("sleep .1", "sleep .03"),
  );
}

test.concurrent(
  "the commands in its header show what it says",
  async ({ skip }) => {
    if (!isInstalled("nc")) skip(printed("nc is not installed"));
    await using server = await LessonServer.start(file);
    const commands = commandsFor(server.port);
    const names = ["ann", "bob", "eve"];
    expect(commands).toHaveLength(names.length);
    const start = (i: number): Command => {
      const command = commands[i] ?? "";
      expect(command).toContain(`echo ${names[i]}; `);
      return new Command("/bin/sh", ["-c", command]);
    };
    await using ann = start(0);
    const news = async (...lines: string[]): Promise<void> => {
      for (const line of lines) {
        const [heard] = await server.during(ann.output.take(/^.*\n/));
        expect(heard).toBe(`${line}\n`);
      }
    };
    await news(question, welcome("ann"));
    await using bob = start(1);
    await news("* bob is here");
    await using eve = start(2);
    await news("* eve is here", quoted(file, "Observe").at(-1) ?? "");
    expect([bob.output.unread, eve.output.unread]).toEqual(["", ""]);
    await eve[Symbol.asyncDispose]();
    await news("* eve has left");
  },
);

test.concurrent("a name is one word that nobody else has", async () => {
  await using server = await LessonServer.start(file);
  using client = await Client.connect(server.port);
  client.say("/who\n");
  await hears(client, question, "* nobody");
  using ann = await enter(server, "ann");
  client.say("/who\n");
  await hears(client, "* ann");
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

test.concurrent(
  "lines come in pieces, several at once, with CRLF, and with no end",
  async () => {
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
  },
);

test.concurrent(
  "who breaks off in the middle of a line has not said it",
  async () => {
    await using server = await LessonServer.start(file);
    using ann = await enter(server, "ann");
    using rude = await Client.connect(server.port);
    rude.say("rude\nbegun\nunfinished"); // together, so that it is all read
    await hears(ann, "* rude is here", "rude: begun");
    rude.reset();
    await hears(ann, "* rude has left");
    // Half a letter that nobody ends is nothing that was said.
    using bob = new Socket();
    bob.connect({ host: "127.0.0.1", port: server.port });
    bob.send(Buffer.concat([Buffer.from("bob\n"), Buffer.of(0xd0)]));
    bob.shutdown(SHUT_WR);
    await hears(ann, "* bob is here", "* bob has left");
    await expectInGoodHealth(server);
  },
);

test.concurrent(
  "no line is too long, and none does anything to a terminal",
  async () => {
    await using server = await LessonServer.start(file);
    using ann = await enter(server, "ann");
    using bob = await enter(server, "bob", ann);
    bob.say("\x1b[2J\x07\x9b1mred\u{1f600}\x7f\t\n");
    await hears(ann, "bob: [2J1mred\u{1f600}");
    bob.say(`${"x".repeat(1000)}\n`);
    await hears(ann, `bob: ${"x".repeat(500)}`);
    // No letter is cut in two.
    bob.say(`${"x".repeat(499)}\u{1f600}\n`);
    await hears(ann, `bob: ${"x".repeat(499)}`);
    // Never a line: it is not kept, and not passed on.
    for (let i = 0; i < 300; i++) bob.say("y".repeat(100_000));
    bob.say("\nend\n");
    await hears(ann, `bob: ${"y".repeat(500)}`, "bob: end");
    await expectInGoodHealth(server);
  },
);

test.concurrent(
  "a client that half-closes still gets its answers, and then EOF",
  async () => {
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
    // Also what it asks in its last line, with its end.
    using client = await Client.connect(server.port);
    client.say("/who");
    client.end();
    const text = `${question}\n* ann\n`;
    expect(await client.rest()).toEqual({ text, end: "EOF" });
  },
);

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

test.concurrent("it takes no time while nobody says anything", async () => {
  await using server = await LessonServer.start(file);
  using ann = await enter(server, "ann");
  using bob = await enter(server, "bob", ann);
  using silent = await Client.connect(server.port);
  await hears(silent, question);
  const { pid } = server.program;
  const before = cpuTimeMs(pid);
  const start = performance.now();
  await server.during(wallClock(500));
  const usedMs = cpuTimeMs(pid) - before;
  expect(usedMs / (performance.now() - start)).toBeLessThan(0.05);
  ann.say("hello\n");
  await hears(bob, "ann: hello");
});

test.concurrent(
  "with no descriptors left, who has no room waits until one leaves",
  async () => {
    const node = `echo $$; ulimit -n 100; exec "$0" --import ${loader} "$1" 0`;
    const args = ["-c", node, process.execPath, `examples/${file}`];
    await using program = new Command("/bin/sh", args);
    const [, pid, port] = await program.output.take(
      /^(\d+)\nListening on 127\.0\.0\.1:(\d+)\n/,
    );
    const clients: Client[] = [];
    try {
      for (let i = 0; i < 120; i++)
        clients.push(await Client.connect(Number(port)));
      const [first, last] = [clients.shift(), clients.pop()];
      if (!first || !last) throw new Error("nobody is there");
      await hears(first, question);
      // Those for whom there is no room don't keep it busy.
      const before = cpuTimeMs(Number(pid));
      await wallClock(500);
      expect(cpuTimeMs(Number(pid)) - before).toBeLessThan(100);
      first.say("ann\n");
      await hears(first, welcome("ann"));
      expect(last.unread).toBe("");
      last.say("bob\n");
      // Each way to leave makes room.
      for (const [i, client] of clients.entries()) {
        if (i % 3 === 0) client.reset();
        else if (i % 3 === 1) client.destroy();
        else client.end();
      }
      await hears(last, question, welcome("bob"));
      await hears(first, "* bob is here");
      last.say("hello\n");
      await hears(first, "bob: hello");
    } finally {
      for (const client of clients) client.destroy();
    }
    program.signal("SIGINT");
    expect(await program.ended).toMatchObject({ signal: "SIGINT" });
    expect(program.output.unread).toMatch(/^(Connection from .+\n)+$/);
  },
);

test.concurrent("a port in use is one clear line and exit code 1", async () => {
  await using server = await LessonServer.start(file);
  for (const port of [String(server.port), "abc"]) {
    await using program = sureToEnd(new Program(`examples/${file}`, [port]));
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^Cannot listen on port ${port}: .+\n$`));
  }
});
