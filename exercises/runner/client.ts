import { once } from "node:events";
import { connect, type Socket as NetSocket } from "node:net";
import { Change } from "./change.ts";
import { Failure } from "./exercise.ts";

/** More than any client is told: a server that goes on does so without end. */
const MOST_TEXT = 64 * 1024;

/** Text as a sentence quotes it. */
export function quoted(text: string): string {
  const line = text.replace(/\r?\n$/, "");
  const short = line.length > 60 ? `${line.slice(0, 40)}...` : line;
  const size = line === short ? "" : ` (${text.length} bytes)`;
  return `"${short.replaceAll("\r", "\\r").replaceAll("\n", "\\n")}"${size}`;
}

/** Somebody who talks to the learner's server, and tells what came of it. */
export class Client {
  /** As a sentence begins: "The second client". */
  readonly who: string;
  readonly #socket: NetSocket;
  readonly #patienceMs: number;
  readonly #change = new Change();
  #did = "connected";
  #unread = "";
  #end: "open" | "EOF" | "broken" = "open";

  private constructor(who: string, socket: NetSocket, patienceMs: number) {
    this.who = who;
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    socket
      .setNoDelay(true)
      .setEncoding("latin1") // a character a byte
      .on("data", (text: string) => {
        this.#unread += text;
        if (this.#unread.length > MOST_TEXT) socket.pause();
        this.#change.happened();
      })
      .on("end", () => {
        this.#finish("EOF");
      })
      .on("error", () => {
        this.#finish("broken");
      })
      .on("close", () => {
        this.#finish("broken");
      });
  }

  /** Resolves once the system has connected it: perhaps nobody accepted it. */
  static async connect(
    who: string,
    port: number,
    patienceMs: number,
  ): Promise<Client> {
    const host = "127.0.0.1";
    const socket = connect({ host, port, allowHalfOpen: true });
    await once(socket, "connect");
    return new Client(who, socket, patienceMs);
  }

  /** What has come and was not looked at. */
  get unread(): string {
    return this.#unread;
  }

  /** Whether the server has hung up, in peace or not. */
  get isOver(): boolean {
    return this.#end !== "open";
  }

  /** Says something; nobody waits for it to arrive. */
  say(text: string): void {
    const verb = this.#did === "connected" ? "typed" : "then typed";
    this.#did = `${verb} ${quoted(text)}`;
    this.#socket.write(text);
  }

  /** Ends its own side, as `nc -N` and Ctrl-D do; it still hears. */
  end(): void {
    this.#did =
      this.#did === "connected"
        ? "ended its side without a word"
        : `${this.#did} and ended its side`;
    this.#socket.end();
  }

  /** Breaks the connection off. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Waits until something is so of it, as long as its patience lasts. */
  until(isSo: () => boolean, ms = this.#patienceMs): Promise<boolean> {
    return this.#change.until(isSo, ms);
  }

  /**
   * Expects the server to say this next.
   * @param when For the failure: "The client typed this <when>, and got ...".
   */
  async hears(expected: string, when = ""): Promise<void> {
    await this.until(
      () =>
        this.isOver ||
        this.#unread.length >= expected.length ||
        !expected.startsWith(this.#unread),
    );
    if (this.#unread.startsWith(expected)) {
      this.#unread = this.#unread.slice(expected.length);
      return;
    }
    this.#fail(this.#instead(expected), when);
  }

  /** Expects an answer to what it says. */
  async asks(text: string, expected: string, when = ""): Promise<void> {
    this.say(text);
    await this.hears(expected, when);
  }

  /** Expects the server to end its side too, and to say nothing more. */
  async hearsTheEnd(when = ""): Promise<void> {
    await this.until(() => this.isOver || this.#unread !== "");
    if (this.#unread !== "") {
      const { length } = this.#unread;
      await this.until(() => this.#unread.length > length + 1000, 100);
      const text = quoted(this.#unread.split("\n")[0] ?? "");
      const again = this.#unread.length > 1000 ? "again and again " : "";
      this.#fail(`was then told ${again}${text}`, when);
    }
    if (this.#end === "EOF") return;
    const seconds = this.#patienceMs / 1000;
    this.#fail(
      this.#end === "broken"
        ? "was broken off"
        : `was still connected ${seconds} s later`,
      when,
    );
  }

  /** What it got where this was expected. */
  #instead(expected: string): string {
    const got = this.#unread;
    const wanted = quoted(expected);
    if (got === "" && this.isOver) {
      return `the server hung up without the answer ${wanted}`;
    }
    const within = `within ${this.#patienceMs / 1000} s`;
    if (got === "") return `got no answer ${within}`;
    if (!expected.startsWith(got)) return `got ${quoted(got)}, not ${wanted}`;
    const rest = this.isOver ? "before the server hung up" : within;
    return `got no more than ${quoted(got)} ${rest}, not ${wanted}`;
  }

  #fail(what: string, when: string): never {
    const begin = [this.who, this.#did, when].filter(Boolean).join(" ");
    throw new Failure(`${begin}, and ${what}.`);
  }

  /** Is gone, as when its program ends. */
  leave(): void {
    this.#socket.destroy();
  }

  #finish(end: "EOF" | "broken"): void {
    if (this.#end === "open") this.#end = end;
    this.#change.happened();
  }
}
