// "hello" by a small HTTP/1.1 server on a selector's loop: keep-alive, pipelined
// requests, requests in pieces, bodies (which it skips), clients that don't read.
import { OSError } from "posix-select/errors";
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
} from "posix-select/selectors";
import {
  createServer,
  IPPROTO_TCP,
  type Socket,
  TCP_NODELAY,
} from "posix-select/socket";
import { answerControl } from "./control.js";

/** The longest head of a request. */
const mostBytes = 16_384;

const reasons = {
  200: "OK",
  400: "Bad Request",
  405: "Method Not Allowed",
  411: "Length Required",
  431: "Request Header Fields Too Large",
  505: "HTTP Version Not Supported",
} as const;

interface Request {
  readonly status: keyof typeof reasons;
  readonly method: string;
  readonly isKept: boolean;
  /** Of what comes after the head. */
  readonly bodyBytes: number;
  /** Where the head ends. */
  readonly end: number;
}

const requestLine = /([!#$%&'*+.^_`|~\w-]+) (\S+) HTTP\/(\d)\.(\d)\r\n/y;
const field = /([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n]*)\r\n/y;

/** The next request's head, whose end is known to be there. */
function parse(text: string, from: number, end: number): Request {
  const failed = (status: Request["status"]): Request => {
    return { status, method: "", isKept: false, bodyBytes: 0, end };
  };
  requestLine.lastIndex = from;
  const line = requestLine.exec(text);
  if (line === null) return failed(400);
  const [, method = "", , major, minor] = line;
  if (major !== "1") return failed(505);
  let isKept = minor !== "0";
  let bodyBytes = 0;
  let hosts = 0;
  let hasLength = false;
  field.lastIndex = requestLine.lastIndex;
  while (field.lastIndex < end - 2) {
    const match = field.exec(text);
    if (match === null) return failed(400);
    const [, name = "", value = ""] = match;
    switch (name.toLowerCase()) {
      case "host":
        hosts++;
        break;
      case "connection":
        if (/\bclose\b/i.test(value)) isKept = false;
        else if (/\bkeep-alive\b/i.test(value)) isKept = true;
        break;
      case "content-length":
        if (hasLength || !/^\d{1,15}[ \t]*$/.test(value)) return failed(400);
        bodyBytes = Number(value);
        hasLength = true;
        break;
      case "transfer-encoding":
        return failed(411);
    }
  }
  if (hosts > 1 || (hosts === 0 && minor !== "0")) return failed(400);
  const isAllowed = method === "GET" || method === "HEAD";
  return { status: isAllowed ? 200 : 405, method, isKept, bodyBytes, end };
}

let date = "";
let dateOf = 0;

/** A "Date" field, made anew each second. */
function dateField(): string {
  const second = Math.trunc(Date.now() / 1000);
  if (second !== dateOf) {
    dateOf = second;
    date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return date;
}

function answerTo({ status, method, isKept }: Request): string {
  const body = status === 200 ? "hello" : `${reasons[status]}\n`;
  return (
    `HTTP/1.1 ${status} ${reasons[status]}\r\n` +
    `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\n` +
    dateField() +
    (status === 405 ? "Allow: GET, HEAD\r\n" : "") +
    `Connection: ${isKept ? "keep-alive" : "close"}\r\n\r\n` +
    (method === "HEAD" ? "" : body)
  );
}

const slab = Buffer.alloc(65_536);
const server = createServer({ port: 0 });
const selector = new DefaultSelector<
  (socket: Socket) => void,
  Socket | number
>();

/** A client. */
class Connection {
  readonly #socket: Socket;
  /** The beginning of a request. */
  #input = "";
  /** Bytes of a body that are still to come. */
  #toSkip = 0;
  /** What the client has not taken yet; nothing is read meanwhile. */
  #output: Buffer | undefined;
  #isEnding = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  readonly onReadable = (): void => {
    try {
      const bytes = this.#socket.recvInto(slab);
      if (bytes === 0) this.#end();
      else this.#take(slab.toString("latin1", 0, bytes));
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      this.#end();
    }
  };

  #take(bytes: string): void {
    const text = this.#input + bytes;
    let answers = "";
    let at = 0;
    while (!this.#isEnding) {
      const skipped = Math.min(this.#toSkip, text.length - at);
      this.#toSkip -= skipped;
      at += skipped;
      const end = text.indexOf("\r\n\r\n", at) + 4;
      const isWhole = end >= 4;
      if (!isWhole && text.length - at <= mostBytes) break;
      const request: Request = isWhole
        ? parse(text, at, end)
        : { status: 431, method: "", isKept: false, bodyBytes: 0, end: at };
      answers += answerTo(request);
      this.#toSkip = request.bodyBytes;
      this.#isEnding = !request.isKept;
      at = request.end;
    }
    this.#input = text.slice(at);
    if (answers !== "") this.#send(Buffer.from(answers, "latin1"));
  }

  #send(data: Buffer): void {
    const sent = this.#socket.trySend(data) ?? 0;
    if (sent === data.length) {
      if (this.#isEnding) this.#end();
      return;
    }
    this.#output = data.subarray(sent);
    selector.modify(this.#socket, EVENT_WRITE, this.#onWritable);
  }

  readonly #onWritable = (): void => {
    const data = this.#output ?? Buffer.alloc(0);
    try {
      const sent = this.#socket.trySend(data) ?? 0;
      this.#output = data.subarray(sent);
      if (sent < data.length) return;
      this.#output = undefined;
      if (this.#isEnding) this.#end();
      else selector.modify(this.#socket, EVENT_READ, this.onReadable);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      this.#end();
    }
  };

  #end(): void {
    selector.unregister(this.#socket);
    this.#socket.close();
  }
}

selector.register(0, EVENT_READ, answerControl);
selector.register(server, EVENT_READ, () => {
  const [client] = server.accept();
  client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  selector.register(client, EVENT_READ, new Connection(client).onReadable);
});
console.log(server.getsockname().port);
for (;;) {
  for (const [{ fileobj, data: callback }] of selector.select()) {
    if (typeof fileobj === "number") answerControl();
    else callback(fileobj);
  }
}
