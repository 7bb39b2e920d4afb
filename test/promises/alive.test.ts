/**
 * An echo server for a thousand clients next to timers, an HTTP server and a
 * busy thread pool: all of them go on, and no byte is lost or doubled. What it
 * prints is for whoever reads; nothing here depends on a time.
 */
import { createHash, pbkdf2, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { accept, connect, recv, sendAll } from "posix-select/promises";
import { createServer, type InetAddress, Socket } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { limit } from "../selectors/support.ts";
import { inet } from "../socket/support.ts";

const clients = 1000;
const messages = 6;
const isPossible = limit > 2 * clients + 500;
if (!isPossible) console.log(`${limit} descriptors are too few`);

async function echo(socket: Socket): Promise<number> {
  using cleanup = new Cleanup();
  cleanup.use(socket);
  for (let bytes = 0; ;) {
    const data = await recv(socket, 65536);
    if (data.length === 0) return bytes;
    await sendAll(socket, data);
    bytes += data.length;
  }
}

/** Sends and receives at once; gives how long each answer took. */
async function client(to: InetAddress): Promise<number[]> {
  using socket = new Socket();
  await connect(socket, to);
  const times: number[] = [];
  for (let i = 0; i < messages; i++) {
    const data = randomBytes(1 + Math.floor(Math.random() * 20_000));
    const start = performance.now();
    const sending = sendAll(socket, data);
    const hash = createHash("sha256");
    for (let length = 0; length < data.length;) {
      const piece = await recv(socket, 4096);
      if (piece.length === 0) throw new Error("the end came too early");
      hash.update(piece);
      length += piece.length;
    }
    await sending;
    times.push(performance.now() - start);
    const wanted = createHash("sha256").update(data).digest("hex");
    expect(hash.digest("hex")).toBe(wanted);
  }
  return times;
}

function line(name: string, times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${name}: ${times.length}, ms: median ${at(0.5)}, 99% ${at(0.99)}, most ${at(1)}`;
}

test.skipIf(!isPossible)(`${clients} clients, and all else`, async () => {
  using cleanup = new Cleanup();
  const listener = cleanup.use(createServer({ port: 0 }));
  let isOver = false;
  const isGoingOn = (): boolean => !isOver;

  const serving = (async () => {
    const all: Promise<number>[] = [];
    while (all.length < clients) all.push(echo((await accept(listener))[0]));
    return Promise.all(all);
  })();

  const ticks: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    ticks.push(now - last);
    last = now;
  }, 5);
  cleanup.defer(() => {
    clearInterval(timer);
  });

  const http = createHttpServer((_, response) => response.end("hello"));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const asking = (async () => {
    const times: number[] = [];
    do {
      const start = performance.now();
      const text = await new Promise<string>((resolve, reject) => {
        get({ port, host: "127.0.0.1", agent: false }, (response) => {
          let text = "";
          response
            .setEncoding("utf8")
            .on("data", (more: string) => (text += more))
            .on("end", () => {
              resolve(text);
            });
        }).on("error", reject);
      });
      expect(text).toBe("hello");
      times.push(performance.now() - start);
    } while (isGoingOn());
    return times;
  })();

  const hash = promisify(pbkdf2);
  const hashing = Promise.all(
    [1, 2, 3, 4].map(async () => {
      const times: number[] = [];
      do {
        const start = performance.now();
        await hash("secret", "salt", 20_000, 32, "sha256");
        times.push(performance.now() - start);
      } while (isGoingOn());
      return times;
    }),
  );

  const to = inet(listener.getsockname());
  const answers = await Promise.all(
    Array.from({ length: clients }, () => client(to)),
  );
  const echoed = await serving;
  isOver = true;
  const asked = await asking;
  const jobs = await hashing;
  http.close();

  expect(answers.flat()).toHaveLength(clients * messages);
  expect(echoed).toHaveLength(clients);
  // Each of them got on while the clients were served.
  expect(ticks.length).toBeGreaterThan(2);
  expect(asked.length).toBeGreaterThan(2);
  expect(jobs.flat().length).toBeGreaterThan(4);
  console.log(
    [
      line("answers to clients", answers.flat()),
      line("ticks of a timer of 5 ms", ticks),
      line("answers by HTTP", asked),
      line("hashes by the thread pool", jobs.flat()),
    ].join("\n"),
  );
});
