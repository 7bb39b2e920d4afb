/**
 * Exercise 13 - Half a request: the solution
 *
 * It should:  Answer HTTP requests for / and /blog, however the requests
 *             arrive, and in whatever alphabet the page is.
 * Was wrong:  A stream has no messages: a request is whole when its empty
 *             line has come, after one recv() or after several. And Content-
 *             Length counts bytes; a Cyrillic letter is one character and
 *             two bytes.
 * Run:        node --import tsx exercises/solutions/13-half-a-request.ts [port]
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select/errors";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const server = createServer({ port: Number(process.argv[2] ?? 5001) });
server.setBlocking(false); // a client can be gone again before we accept it
say(`Listening on 127.0.0.1:${server.getsockname().port}`);

const selector = new DefaultSelector<(socket: Socket) => void, Socket>();
const pages = new Map([
  ["/", "Hello world\n"],
  ["/blog", "Привет, мир\n"],
]);

function acceptConnection(): void {
  const [client] = server.accept();
  client.setBlocking(false);
  selector.register(client, EVENT_READ, reader());
}

/** Reads one request: each client has its own. */
function reader(): (client: Socket) => void {
  let request = "";
  return (client) => {
    const piece = client.recv(4096).toString("latin1");
    request += piece;
    const isWhole = request.includes("\r\n\r\n");
    if (isWhole) client.send(answer(request));
    if (isWhole || piece === "") letGo(client);
  };
}

function answer(request: string): string {
  const [, path = ""] = request.split(" ");
  const page = pages.get(path);
  const body = page ?? "Not found\n";
  return [
    `HTTP/1.1 ${page === undefined ? "404 Not Found" : "200 OK"}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

function letGo(client: Socket): void {
  selector.unregister(client);
  client.close();
}

selector.register(server, EVENT_READ, acceptConnection);
for (;;) {
  for (const [{ fileobj: socket, data: callback }] of selector.select()) {
    try {
      callback(socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      if (socket !== server) letGo(socket);
    }
  }
}
