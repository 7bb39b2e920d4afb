import { readFileSync } from "node:fs";
import { setImmediate, setTimeout as wallClock } from "node:timers/promises";
import {
  IPPROTO_TCP,
  SHUT_WR,
  SO_RCVBUF,
  Socket,
  SOL_SOCKET,
  TCP_MAXSEG,
  TCP_NODELAY,
} from "posix-select/socket";
import { expect, test } from "vitest";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
import { cpuTimeMs, LessonServer, openFiles, root } from "./lessons.ts";

const file = "14-backpressure.ts";

/** What the lesson takes at once: one message for it. */
const message = Buffer.alloc(4096, "x");

/** A client that talks, and listens only when it is told to. */
class Talker implements Disposable {
  readonly #socket = new Socket();
  readonly #server: LessonServer;
  readonly #other: Client;
  /** As the server calls it. */
  readonly name: string;
  messages = 0;

  /** @param other By its answers one sees that the server has gone round. */
  constructor(server: LessonServer, other: Client) {
    this.#server = server;
    this.#other = other;
    // So that the systems keep little for it, and send a message as a whole.
    this.#socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 32 * 1024);
    this.#socket.setsockopt(IPPROTO_TCP, TCP_MAXSEG, message.length + 12);
    this.#socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
    this.#socket.connect({ host: "127.0.0.1", port: server.port });
    this.#socket.setBlocking(false);
    const { host, port } = this.#socket.getsockname();
    this.name = `${host}:${port}`;
  }

  /**
   * Says one message after another, a few at a time: the server has read those
   * before, if it reads.
   */
  async talkUntil(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      if (this.messages % 16 === 0) await this.#roundTrip();
      let rest = message.subarray();
      while (rest.length > 0 && !isEnough()) {
        const sent = this.#socket.trySend(rest);
        if (sent === undefined)
          await setImmediate(); // no room
        else rest = rest.subarray(sent);
      }
      if (rest.length === 0) this.messages++;
    }
  }

  async #roundTrip(): Promise<void> {
    expect(await this.#server.during(this.#other.ask())).toBe(answer);
  }

  /** Says nothing any more. */
  end(): void {
    this.#socket.shutdown(SHUT_WR);
  }

  /** Talks until it is paused, and gives the line that says so. */
  async talkUntilPaused(): Promise<string> {
    let line: string | undefined;
    const { program } = this.#server;
    const paused = this.#server
      .during(program.match(/^.* is paused$/))
      .then(([found = ""]) => (line = found));
    await this.talkUntil(() => {
      if (this.messages > 500_000) throw new Error("it is never paused");
      return line !== undefined;
    });
    return paused;
  }

  /** Hears what it is owed: so many bytes at least, or all until EOF. */
  async listen(bytes = Infinity): Promise<string> {
    const buffer = Buffer.alloc(65536);
    let text = "";
    while (text.length < bytes) {
      const count = this.#socket.tryRecvInto(buffer);
      if (count === 0) break;
      if (count === undefined) await setImmediate();
      else text += buffer.toString("latin1", 0, count);
    }
    return text;
  }

  /** Is gone; what it has not heard is lost, so that it breaks off. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** Expects answers and nothing else: how many. */
function countAnswers(text: string): number {
  const count = Math.ceil(text.length / answer.length);
  expect(text === answer.repeat(count)).toBe(true);
  return count;
}

/** Expects a server that answers, has not complained, and ends by Ctrl-C. */
async function expectInGoodHealth(server: LessonServer): Promise<void> {
  expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  expect(await server.interrupt()).toMatchObject({
    signal: "SIGINT",
    stderr: "",
  });
}

/** The part of a processor that the server takes while nothing happens. */
async function idleShare(server: LessonServer): Promise<number> {
  const { pid } = server.program;
  const before = cpuTimeMs(pid);
  const start = performance.now();
  await server.during(wallClock(700));
  return (cpuTimeMs(pid) - before) / (performance.now() - start);
}

/** The lines that the header quotes, with another client. */
function quoted(name: string): string[] {
  const source = readFileSync(`${root}/examples/${file}`, "utf8");
  return [...source.matchAll(/^ \* {23}(127\..*)$/gm)].map(([, line = ""]) =>
    line.replace(/^127\S+/, name),
  );
}

/**
 * A small buffer may overflow with small answers: what is lost then, the system
 * sends again after up to two minutes.
 */
const retransmitted = 200_000;

test(
  "a client that only talks is paused, and goes on once it listens",
  async () => {
    await using server = await LessonServer.start(file);
    using other = await Client.connect(server.port);
    using talker = new Talker(server, other);
    const paused = await talker.talkUntilPaused();
    const before = talker.messages;
    // It is not read from, and takes no time, also once it has ended.
    talker.end();
    expect(await idleShare(server)).toBeLessThan(0.1);

    const heard = talker.listen();
    const [goesOn] = await server.during(server.program.match(/^.* goes on$/));
    expect(quoted(talker.name)).toEqual([paused, goesOn]);
    // All that it is owed, and then EOF.
    expect(countAnswers(await heard)).toBeGreaterThanOrEqual(before);
    await expectInGoodHealth(server);
  },
  retransmitted,
);

test("a client that is paused may break off", async () => {
  await using server = await LessonServer.start(file);
  using other = await Client.connect(server.port);
  expect(await server.during(other.ask())).toBe(answer);
  const before = openFiles(server.program.pid);
  {
    using talker = new Talker(server, other);
    await talker.talkUntilPaused();
  }
  // It was let go.
  expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  expect(openFiles(server.program.pid)).toBe(before);
  await expectInGoodHealth(server);
});
