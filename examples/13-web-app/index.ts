/**
 * 13 - Web app: HTTP by hand, for any browser
 *
 * New here: a protocol. A stream has no bounds: a request may come byte by byte, or
 * five of them in one piece. So the server keeps for each client what it has said
 * that is no whole request yet, and what it has not taken yet of its answer.
 *
 * Read first:         06-selectors.ts
 * Run:                npm run lesson 13 [port]
 * In other terminals: curl -v http://127.0.0.1:5001/blog, or a browser, or by hand:
 *                     nc 127.0.0.1 5001, type GET / HTTP/1.0 and an empty line
 * Observe:            a browser asks for several things over one connection. Change
 *                     a page in pages/ and reload it: each answer reads its file
 *                     anew. /nowhere is 404, a POST is 405, nonsense is 400; and
 *                     /../index.ts is not to be had, however it is spelt.
 * What hurts:         the loop is that of lesson 6, and nearly all the rest is about
 *                     bytes. One thing in it is not: a client that is slow to take
 *                     its page must hold up nobody, nor make us keep more and more.
 *                     serve() sees to it, in a few lines that deserve a lesson.
 *
 * In Python: web-app, and my_socket.py, which reads response.txt anew for each
 * answer. web-app takes whatever one recv(1024) gives for a request: it misreads half
 * of one, and an empty one (browsers connect in advance) ends it with an IndexError.
 * Its lines end with LF, not CRLF, and it says no Content-Length: only the
 * connection's end tells where a page ends, so that each takes a new connection.
 */
import { readFileSync, realpathSync, writeSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import { extname, join, sep } from "node:path";
import { OSError } from "posix-select/errors";
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
} from "posix-select/selectors";
import { createServer, SHUT_WR, type Socket } from "posix-select/socket";

interface Client {
  readonly socket: Socket;
  input: Buffer; // said, and no whole request yet
  output: Buffer; // answered, and not sent yet
  isLast?: boolean; // whether that is the last answer
}

type Page = readonly [status: number, kind: string, body: Buffer];

const urls: NodeJS.Dict<string> = { "/": "index.html", "/blog": "blog.html" };

/** A first line, a header in each line after it, and an empty line. */
const request = /^\s*([\w-]+) (\S+) HTTP\/1\.(\d)\r?\n([^\s:]+:.*\r?\n)*\r?\n$/;

const say = (line: string): void => {
  try {
    writeSync(1, `${line}\n`);
  } catch {} // nobody reads it: no reason to stop
};

function listen(port: string): Socket {
  try {
    return createServer({ port: Number(port || NaN) });
  } catch (error) {
    console.error(`Cannot listen on port ${port}: ${String(error)}`);
    process.exit(1);
  }
}

const server = listen(process.argv[2] ?? "5001");
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const folder = realpathSync(new URL("pages", import.meta.url));
const selector = new DefaultSelector<() => void, Socket>();

function acceptConnection(): void {
  const [socket] = server.accept();
  socket.setBlocking(false); // no client can make us wait
  const client = { socket, input: Buffer.of(), output: Buffer.of() };
  selector.register(socket, EVENT_READ, serve.bind(null, client));
}

/** The callback of a client: it has said something, or takes more of its answer. */
function serve(client: Client): void {
  const { socket } = client;
  if (client.output.length === 0) {
    const said = socket.recv(4096);
    if (said.length === 0) letGo(socket); // it has nothing more to say
    if (said.length === 0 || client.isLast) return;
    client.input = Buffer.concat([client.input, said]);
  }
  do {
    client.output = client.output.subarray(socket.trySend(client.output) ?? 0);
  } while (client.output.length === 0 && !client.isLast && answer(client));

  // Who does not read is not read either: it can't make us keep more and more.
  const events = client.output.length === 0 ? EVENT_READ : EVENT_WRITE;
  selector.modify(socket, events, serve.bind(null, client));
  // Closed at once, with words of the client unread, its answer might be lost.
  if (client.isLast && events === EVENT_READ) socket.shutdown(SHUT_WR);
}

/** Answers the next request, if it is there as far as its empty line. */
function answer(client: Client): boolean {
  const text = client.input.toString("latin1"); // one character for each byte
  const [head = ""] = /^\s*\S[^]{0,8000}?\r?\n\r?\n/.exec(text) ?? [];
  if (head === "" && text.length < 8192) return false;
  client.input = client.input.subarray(head.length);

  const [status, kind, body] = pageFor(head);
  const [line = ""] = /[ -~]*/.exec(head.trimStart()) ?? [];
  say(`${line} - ${status}`);
  const isClosing = /HTTP\/1\.0$|^connection:.*\bclose\b/im.test(head);
  client.isLast = isClosing || ![200, 404].includes(status);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: text/${kind}; charset=utf-8`,
    `Content-Length: ${body.length}`, // in bytes
    ...(status === 405 ? ["Allow: GET, HEAD"] : []),
    ...(client.isLast ? ["Connection: close"] : []),
  ];
  const top = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
  client.output = line.startsWith("HEAD ") ? top : Buffer.concat([top, body]);
  return true;
}

function pageFor(head: string): Page {
  const [, method, target = "", minor] = request.exec(head) ?? [];
  if (head === "") return problem(431); // too large
  if (method === undefined) return problem(400);
  if (minor !== "0" && head.split(/^host:/im).length !== 2) return problem(400);
  if (/^transfer-encoding:/im.test(head)) return problem(411);
  if (!/^(GET|HEAD)$/.test(method)) return problem(405);
  if (/^content-length:(?!\s*0\s*$)/im.test(head)) return problem(400); // a body
  try {
    const { pathname } = new URL(target.replace(/^\//, "http://host/"));
    // There is no "?..." in it and no "..", but perhaps a slash in disguise.
    const path = decodeURIComponent(pathname.replaceAll(/%2f/gi, "%00"));
    const file = realpathSync(join(folder, urls[path] ?? path));
    if (!file.startsWith(folder + sep)) return problem(404); // a link leads there
    return [200, extname(file).slice(1), readFileSync(file)];
  } catch (error) {
    return problem(/^Error: E([MN]FILE|NOMEM)/.test(String(error)) ? 503 : 404);
  }
}

function problem(status: number): Page {
  return [status, "plain", Buffer.from(`${STATUS_CODES[status]}\n`)];
}

function letGo(socket: Socket): void {
  selector.unregister(socket);
  socket.close();
}

selector.register(server, EVENT_READ, acceptConnection);

for (;;) {
  // After an accept() that failed: one wait without the listener, a short one.
  const isResting = !selector.getMap().has(server);
  const ready = selector.select(isResting ? 50 : Infinity);
  if (isResting) selector.register(server, EVENT_READ, acceptConnection);
  for (const [{ fileobj: socket, data: callback }] of ready) {
    try {
      callback();
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      // It broke off; or there is no room for one more, who still knocks.
      if (socket !== server) letGo(socket);
      else selector.unregister(server);
    }
  }
}

// Next: who does not read must not be waited for. 14-backpressure.ts
