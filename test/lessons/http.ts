import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Incoming } from "./incoming.ts";

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** One character for each byte. */
  readonly body: string;
}

/** An HTTP client that says just what it is told, also what it should not. */
export class HttpClient implements Disposable {
  readonly #socket: Socket;
  readonly #incoming = new Incoming("the server");

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true).setEncoding("latin1");
    socket
      .on("data", (text: string) => {
        this.#incoming.add(text);
      })
      .on("end", () => {
        this.#incoming.finish("EOF");
      })
      .on("error", ({ message }) => {
        this.#incoming.finish(message);
      })
      .on("close", () => {
        this.#incoming.finish("closed");
      });
  }

  static async connect(port: number): Promise<HttpClient> {
    const host = "127.0.0.1";
    const socket = connect({ host, port, allowHalfOpen: true });
    await once(socket, "connect");
    return new HttpClient(socket);
  }

  /** Resolves once the system has taken it. */
  say(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(text, "latin1", () => {
        resolve();
      });
    });
  }

  /** The next answer: what it claims to be, byte for byte. */
  async answer(hasBody = true): Promise<Answer> {
    const [head] = await this.#incoming.take(/^[^]*?\r\n\r\n/);
    const [first = "", ...lines] = head.slice(0, -4).split("\r\n");
    const [, status] = /^HTTP\/1\.1 (\d{3}) [ -~]+$/.exec(first) ?? [];
    if (status === undefined) throw new Error(`no HTTP: ${first}`);
    const headers = new Map<string, string>();
    for (const line of lines) {
      const [, name, value] = /^([\w-]+): ([ -~]+)$/.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw new Error(`no header: ${line}`);
      headers.set(name.toLowerCase(), value);
    }
    const length = hasBody ? Number(headers.get("content-length")) : 0;
    const [body] = await this.#incoming.take(new RegExp(`^[^]{${length}}`));
    return { status: Number(status), headers, body };
  }

  /** All that the server still says, and how that ends. */
  rest(): Promise<{ readonly text: string; readonly end: string }> {
    return this.#incoming.rest();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** A request without a body, as a browser would send it. */
export function request(target: string, method = "GET"): string {
  return `${method} ${target} HTTP/1.1\r\nHost: here\r\n\r\n`;
}
