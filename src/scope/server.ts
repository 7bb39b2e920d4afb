import { randomBytes, timingSafeEqual } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { ScopeEvent } from "./events.ts";
import type { PageFile } from "./page.ts";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Sent with every answer. */
const headers = {
  "Content-Security-Policy": policy,
  "Cache-Control": "no-store",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const commands = ["pause", "resume", "step"] as const;

/** What the page may have the program do. */
export type Command = (typeof commands)[number];

/** A command is short. */
const mostBytes = 1024;

/** A page that reads too slowly is cut off: it connects again, and begins anew. */
const mostPendingBytes = 64 * 2 ** 20;

/** What the server shows, and whom it tells of what the page wants. */
export interface Source {
  readonly files: ReadonlyMap<string, PageFile>;
  /** All that a page needs which has just been opened. */
  history(): readonly ScopeEvent[];
  command(command: Command): void;
}

/**
 * Shows the page on the loopback interface, to who knows the address: it has a
 * token in it that nobody can guess.
 */
export class ScopeServer {
  readonly #source: Source;
  readonly #token = randomBytes(24).toString("base64url");
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();

  constructor(source: Source) {
    this.#source = source;
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    // The descriptors are the program's too.
    this.#server.maxConnections = 64;
  }

  /** @returns The port. @throws EADDRINUSE and the like. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    return this.port;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}/${this.#token}/`;
  }

  /** Sends events, as JSON, to all pages. */
  send(events: readonly string[]): void {
    if (this.#streams.size === 0 || events.length === 0) return;
    const message = `data: [${events.join(",")}]\n\n`;
    for (const stream of this.#streams) {
      stream.write(message);
      if (stream.writableLength > mostPendingBytes) stream.destroy();
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(headers)) {
      response.setHeader(name, value);
    }
    // A page elsewhere may have a name that leads here, but not this name.
    if (!this.#isOwnHost(request.headers.host)) {
      refuse(response, 421);
      return;
    }
    const [, token = "", name, ...more] = (request.url ?? "").split("/");
    if (!this.#isToken(token) || more.length > 0) {
      refuse(response, 404);
      return;
    }
    // The page's own links are relative.
    if (name === undefined) refuse(response, 404);
    else if (name === "control") this.#control(request, response);
    else if (request.method !== "GET") refuse(response, 405);
    else if (name === "events") this.#stream(response);
    else this.#file(name === "" ? "index.html" : name, response);
  }

  #isOwnHost(host: string | undefined): boolean {
    const port = String(this.port);
    // A browser leaves out the port that is usual.
    if (port === "80" && (host === "127.0.0.1" || host === "localhost")) {
      return true;
    }
    return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
  }

  #isToken(given: string): boolean {
    const [a, b] = [Buffer.from(given), Buffer.from(this.#token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  #file(name: string, response: ServerResponse): void {
    const file = this.#source.files.get(name);
    if (file === undefined) {
      refuse(response, 404);
      return;
    }
    response.setHeader("Content-Type", file.type);
    response.end(file.content);
  }

  #stream(response: ServerResponse): void {
    response.setHeader("Content-Type", "text/event-stream");
    const history = JSON.stringify(this.#source.history());
    // The page asks again soon: if nobody answers, the program has ended.
    response.write(
      `retry: 500\nevent: reset\ndata: {}\n\ndata: ${history}\n\n`,
    );
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  /** Another page's form could send this, but not with this type. */
  #control(request: IncomingMessage, response: ServerResponse): void {
    const type = request.headers["content-type"] ?? "";
    const isOwn = isSameOrigin(request);
    if (
      request.method !== "POST" ||
      !isOwn ||
      !/^application\/json\b/.test(type)
    ) {
      refuse(response, request.method === "POST" ? 403 : 405);
      return;
    }
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      text += piece;
      if (text.length > mostBytes) request.destroy();
    });
    request.on("end", () => {
      const command = commandIn(text);
      if (command === undefined) {
        refuse(response, 400);
        return;
      }
      this.#source.command(command);
      response.writeHead(204).end();
    });
  }

  close(): void {
    for (const stream of this.#streams) stream.end();
    this.#server.close();
    this.#server.closeIdleConnections();
  }
}

function isSameOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host = "" } = headers;
  return origin === undefined || origin === `http://${host}`;
}

function commandIn(text: string): Command | undefined {
  return commands.find((command) => {
    try {
      return isDeepStrictEqual(JSON.parse(text), { command });
    } catch {
      return false;
    }
  });
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Type": "text/plain" }).end();
}
