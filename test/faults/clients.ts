/** Who talks to the servers whose system calls fail, and how that goes. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "./servers.ts";

/** How an exchange of bytes with a server ended. */
export type Outcome =
  | "all is well"
  | "let go" // what came until then was right
  | "late" // nothing more came
  | "wrong bytes";

/** The longest that anything takes on the slowest machine. */
const longestMs = 15_000;

/** What `work` gives, or "late". */
export async function inTime<T>(
  work: Promise<T>,
  ms = longestMs,
): Promise<T | "late"> {
  const late = new AbortController();
  const over = sleep(ms, "late" as const, { signal: late.signal, ref: false });
  over.catch(() => undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    late.abort();
  }
}

/** A connection, and the text that has come over it. */
class Connection implements Disposable {
  readonly #socket: Socket;
  text = "";
  isOver = false;
  #wake: (() => void) | undefined;

  constructor(port: number) {
    const options = { host: "127.0.0.1", port, allowHalfOpen: true };
    this.#socket = connect(options).setNoDelay(true).setEncoding("latin1");
    this.#socket.on("data", (piece: string) => {
      this.text += piece;
      this.#wake?.();
    });
    for (const event of ["end", "error", "close"] as const) {
      this.#socket.on(event, () => {
        this.isOver = true;
        this.#wake?.();
      });
    }
  }

  say(text: string): void {
    this.#socket.write(text, "latin1");
  }

  end(): void {
    this.#socket.end();
  }

  /** Waits until something has come; says what has come instead of it. */
  async until(isThere: () => boolean): Promise<"let go" | "late" | undefined> {
    const heard = async (): Promise<"let go" | undefined> => {
      while (!isThere()) {
        if (this.isOver) return "let go";
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      return undefined;
    };
    return inTime(heard());
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** Somebody who talks to a server for as long as he likes. */
interface Talker extends Disposable {
  /** Says something, and waits for the answer. */
  ask(): Promise<Outcome>;
  /** Has nothing more to say, and waits for the end. */
  leave(): Promise<Outcome>;
}

/** The same question again and again, and the same answer. */
class Asking implements Talker {
  readonly #connection: Connection;
  readonly #question: string;
  readonly #answer: string;
  readonly #isExact: boolean;
  #count = 0;

  /**
   * @param isExact Whether there has to be one answer for each question: one that
   *   comes in pieces may have more, as TCP knows no messages.
   */
  constructor(port: number, question: string, answer: string, isExact = true) {
    this.#connection = new Connection(port);
    this.#question = question;
    this.#answer = answer;
    this.#isExact = isExact;
  }

  async ask(): Promise<Outcome> {
    const connection = this.#connection;
    connection.say(this.#question);
    const wanted = ++this.#count * this.#answer.length;
    const wrong = await connection.until(
      () => connection.text.length >= wanted,
    );
    return this.#judge(wrong, false);
  }

  async leave(): Promise<Outcome> {
    const connection = this.#connection;
    if (connection.isOver) return this.#judge("let go", false);
    connection.end();
    return this.#judge(await connection.until(() => connection.isOver), true);
  }

  #judge(wrong: Outcome | undefined, isWhole: boolean): Outcome {
    const text = undated(this.#connection.text);
    const answer = undated(this.#answer);
    const count = Math.ceil(text.length / answer.length);
    if (!answer.repeat(count).startsWith(text)) return "wrong bytes";
    if (wrong !== undefined) return wrong;
    if (isWhole && text.length % answer.length !== 0) return "wrong bytes";
    if (this.#isExact && count > this.#count) return "wrong bytes";
    return "all is well";
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

/** Two answers differ in their dates only. */
function undated(text: string): string {
  return text.replaceAll(/^Date: [^\r]*/gm, (line) => "-".repeat(line.length));
}

const page = readFileSync(
  new URL("../../examples/13-web-app/pages/index.html", import.meta.url),
  "latin1",
);
const pageHead = [
  "HTTP/1.1 200 OK",
  `Date: ${new Date().toUTCString()}`,
  "Content-Type: text/html; charset=utf-8",
  `Content-Length: ${page.length}`,
];

let chatters = 0;

/** Two who chat, while others may do so too. */
class Chatting implements Talker {
  readonly #people: readonly [Chatter, Chatter];
  #count = 0;

  constructor(port: number) {
    this.#people = [new Chatter(port), new Chatter(port)];
  }

  async ask(): Promise<Outcome> {
    const [ann, bob] = this.#people;
    if (this.#count === 0) {
      for (const one of this.#people) {
        const outcome = await one.comeIn();
        if (outcome !== "all is well") return outcome;
      }
    }
    const text = `text ${++this.#count}`;
    ann.say(text);
    const outcome = await bob.hears(`${ann.name}: ${text}`, ann);
    if (outcome !== "all is well") return outcome;
    bob.say(text);
    return ann.hears(`${bob.name}: ${text}`, bob);
  }

  async leave(): Promise<Outcome> {
    const [ann, bob] = this.#people;
    const outcome = await ann.leave();
    if (outcome !== "all is well") return outcome;
    const heard = await bob.hears(`* ${ann.name} has left`);
    return heard === "all is well" ? bob.leave() : heard;
  }

  [Symbol.dispose](): void {
    for (const one of this.#people) one[Symbol.dispose]();
  }
}

class Chatter implements Disposable {
  readonly #connection: Connection;
  readonly name = `somebody${++chatters}`;

  constructor(port: number) {
    this.#connection = new Connection(port);
  }

  comeIn(): Promise<Outcome> {
    this.say(this.name);
    const line = `* You are ${this.name}. /who tells who is here, /quit leaves`;
    return this.hears(line);
  }

  say(text: string): void {
    this.#connection.say(`${text}\n`);
  }

  /** Waits for a line, unless the one who should bring it about is gone. */
  async hears(line: string, from?: Chatter): Promise<Outcome> {
    const isThere = (): boolean => this.#lines().includes(line);
    const both = [this, ...(from === undefined ? [] : [from])];
    const wrong = await Promise.race(
      both.map((one) => one.#connection.until(isThere)),
    );
    return this.#judge(wrong);
  }

  async leave(): Promise<Outcome> {
    const connection = this.#connection;
    if (connection.isOver) return this.#judge("let go");
    connection.end();
    return this.#judge(await connection.until(() => connection.isOver));
  }

  #lines(): string[] {
    return this.#connection.text.split("\n");
  }

  #judge(wrong: Outcome | undefined): Outcome {
    const lines = this.#lines().slice(0, -1); // the last one has not ended
    const known =
      /^(\* (Your name\?|You are \w+\. .*|\w+ (is here|has left))|\w+: text \d+)$/;
    const said = lines.filter((line) => line.includes(": "));
    // Each is heard once: nobody says the same twice.
    const isRight =
      lines.every((line) => known.test(line)) &&
      new Set(said).size === said.length;
    return isRight ? (wrong ?? "all is well") : "wrong bytes";
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

/** Somebody who has just connected. */
export function talker({ port, subject }: Server, isExact = true): Talker {
  switch (subject.kind) {
    case "hello":
      return new Asking(port, "hello\n", "Hello world\n", isExact);
    case "number":
      return new Asking(port, "10\n", "55\n");
    case "page": {
      const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
      return new Asking(
        port,
        request,
        `${pageHead.join("\r\n")}\r\n\r\n${page}`,
      );
    }
    case "chat":
      return new Chatting(port);
    case "echo": {
      const text = randomBytes(100).toString("latin1");
      return new Asking(port, text, text);
    }
  }
}

/** Sends bytes, and compares what comes back. */
async function echoed(port: number, bytes: number): Promise<Outcome> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  const data = randomBytes(bytes);
  const got: Buffer[] = [];
  const heard = { end: false };
  const over = new Promise<void>((resolve) => {
    socket.on("data", (piece: Buffer) => got.push(piece));
    socket.on("end", () => {
      heard.end = true;
    });
    for (const event of ["end", "close"] as const) socket.on(event, resolve);
  });
  try {
    socket.end(data);
    const isLate = (await inTime(over)) === "late";
    const all = Buffer.concat(got);
    const isRight =
      hashOf(all) === hashOf(data.subarray(0, all.length)) &&
      all.length <= data.length;
    if (!isRight) return "wrong bytes";
    if (isLate) return "late";
    return heard.end && all.length === data.length ? "all is well" : "let go";
  } finally {
    socket.destroy();
  }
}

function hashOf(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Talks to a server as a client of its kind does, and leaves. */
export async function talk(
  server: Server,
  { times = 3, bytes = 65_536, isExact = true } = {},
): Promise<Outcome> {
  if (server.subject.kind === "echo") return echoed(server.port, bytes);
  using somebody = talker(server, isExact);
  for (let i = 0; i < times; i++) {
    const outcome = await somebody.ask();
    if (outcome !== "all is well") return outcome;
  }
  return await somebody.leave(); // before it is let go of
}

/** Somebody who is there, and says nothing. */
export async function silent({ port }: Server): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  return socket;
}
