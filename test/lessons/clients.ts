import { once } from "node:events";
import { connect, Socket as NetSocket } from "node:net";
import { SO_RCVBUF, Socket, SOL_SOCKET } from "posix-select/socket";
import { Incoming } from "./incoming.ts";

/** What a lesson's server answers to each message. */
export const answer = "Hello world\n";

/**
 * A lesson's client. It lives in the test's process, and the lesson in one of
 * its own: the one can wait for the other.
 */
export class Client implements Disposable {
  readonly #socket: NetSocket;
  readonly #incoming = new Incoming("the server");

  /** Until the socket is closed, whoever closed it. */
  readonly closed: Promise<void>;

  private constructor(socket: NetSocket) {
    this.#socket = socket.setNoDelay(true).setEncoding("utf8");
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#incoming.finish("closed");
        resolve();
      });
    });
    socket
      .on("data", (text: string) => {
        this.#incoming.add(text);
      })
      .on("end", () => {
        this.#incoming.finish("EOF");
      })
      .on("error", ({ message }) => {
        this.#incoming.finish(message);
      });
  }

  /** Resolves once the system has connected it: perhaps nobody accepted it. */
  static async connect(port: number): Promise<Client> {
    const host = "127.0.0.1";
    const socket = connect({ host, port, allowHalfOpen: true });
    await once(socket, "connect");
    return new Client(socket);
  }

  /** What the server has said and nobody has looked at. */
  get unread(): string {
    return this.#incoming.unread;
  }

  say(text: string): void {
    this.#socket.write(text);
  }

  /** The server's next line. */
  async reply(): Promise<string> {
    const [line] = await this.#incoming.take(/^.*\n/);
    return line;
  }

  /** Says something, and gives the answer. */
  async ask(text = "hello\n"): Promise<string> {
    this.say(text);
    return this.reply();
  }

  /** All that the server still says, and how that ends: `EOF` if it closes. */
  rest(): Promise<{ readonly text: string; readonly end: string }> {
    return this.#incoming.rest();
  }

  /** Reads nothing any more. */
  pause(): void {
    this.#socket.pause();
  }

  /** Ends its own side; it still hears. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks the connection off: the server's calls fail with ECONNRESET. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Is gone, as when its program ends. */
  destroy(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

/** Says something three times, each time gets its answer, and leaves. */
export async function polite(port: number): Promise<string[]> {
  using client = await Client.connect(port);
  const answers = [
    await client.ask("one\n"),
    await client.ask("two\n"),
    await client.ask("three\n"),
  ];
  client.end();
  const { text, end } = await client.rest();
  return text === "" ? [...answers, end] : [...answers, text, end];
}

/** What `polite` gives where all is well. */
export const politeAnswers = [answer, answer, answer, "EOF"];

/** Several lines in one write, and its end at once: all that it hears. */
export async function halfClosing(
  port: number,
  text: string,
): Promise<{ readonly text: string; readonly end: string }> {
  using client = await Client.connect(port);
  client.say(text);
  client.end();
  return await client.rest();
}

/** Is gone before it has said anything. */
export async function resetting(port: number): Promise<void> {
  const client = await Client.connect(port);
  client.reset();
  await client.closed;
}

/** Is gone before it can get its answer. */
export async function resettingAfterSending(port: number): Promise<void> {
  const client = await Client.connect(port);
  client.say("hello\n");
  client.reset();
  await client.closed;
}

/** Is gone while answers are on their way. */
export async function vanishingInMidReply(port: number): Promise<void> {
  const client = await Client.connect(port);
  await client.ask();
  for (let i = 0; i < 50; i++) client.say("hello\n");
  client.destroy();
  await client.closed;
}

/** Connects and leaves in peace without a word. */
export async function leavingSilently(port: number): Promise<void> {
  using client = await Client.connect(port);
  client.end();
  await client.rest();
}

/**
 * All connect, then each says something and gets its answer, then all leave:
 * some by ending, some by being gone, some by breaking off.
 */
export async function crowd(port: number, count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const clients = await Promise.all(numbers.map(() => Client.connect(port)));
  try {
    return await Promise.all(clients.map((client) => client.ask()));
  } finally {
    for (const [number, client] of clients.entries()) {
      if (number % 3 === 0) client.end();
      else if (number % 3 === 1) client.destroy();
      else client.reset();
    }
    for (const [number, client] of clients.entries()) {
      // Who ended its own side is closed once the server has closed the other.
      if (number % 3 === 0) await client.rest();
      else await client.closed;
    }
  }
}

/** A client that sends for ever and never reads what it is answered. */
export class Flood implements Disposable {
  readonly #socket: NetSocket;
  readonly #chunk = "x".repeat(4096);
  #chunks = 0;
  #isOver = false;

  /** With a small receive buffer, so that it is full soon. */
  constructor(port: number) {
    using socket = new Socket();
    socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 1024);
    socket.connect({ host: "127.0.0.1", port });
    const fd = socket.detach();
    this.#socket = new NetSocket({ fd, readable: true, writable: true });
    this.#socket
      .pause()
      .setNoDelay(true)
      .on("error", () => {
        this.#isOver = true; // the server has let it go
      })
      .on("close", () => {
        this.#isOver = true;
      });
    this.#send();
  }

  /** How much it has got rid of. */
  get chunks(): number {
    return this.#chunks;
  }

  /** Whether the server has let it go. */
  get isOver(): boolean {
    return this.#isOver;
  }

  #send(): void {
    if (this.#isOver) return;
    this.#socket.write(this.#chunk, () => {
      this.#chunks++;
      setImmediate(() => {
        this.#send();
      });
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
