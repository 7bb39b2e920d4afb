/** Lesson 13 among peers that mean no good. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTurn } from "../../scripts/in-turn.ts";
import { Random } from "../differential/random.ts";
import { HttpClient, request } from "../lessons/http.ts";
import { LessonServer, openFiles } from "../lessons/lessons.ts";
import {
  amount,
  destroyAll,
  flood,
  isLong,
  Memory,
  mostGrowth,
  raw,
  raws,
  rest,
} from "./support.ts";

const folder = new URL("../../examples/13-web-app/pages/", import.meta.url);
const pages = readdirSync(folder).map((name) =>
  readFileSync(new URL(name, folder), "latin1"),
);

let server: LessonServer;

beforeAll(async () => {
  server = await LessonServer.start("13-web-app/index.ts");
});

afterAll(async () => {
  const { signal, stderr } = await server.interrupt();
  expect({ signal, stderr }).toEqual({ signal: "SIGINT", stderr: "" });
});

/** An honest client gets its page. */
async function expectService(): Promise<void> {
  using client = await HttpClient.connect(server.port);
  await client.say(request("/blog"));
  const { status, body } = await server.during(client.answer());
  expect(status).toBe(200);
  expect(pages).toContain(body);
}

/** All that there is to hear after `text` was said, and nothing more. */
async function heard(text: string | Buffer): Promise<string> {
  const socket = await raw(server.port);
  socket.end(text);
  return server.during(rest(socket));
}

function statuses(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) =>
    Number(status),
  );
}

/** Ways to spell what is not to be had. */
function targets(): string[] {
  const ups = ["..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "%c0%ae%c0%ae"]
    .concat(["%e0%80%ae%e0%80%ae", "\xc0\xae\xc0\xae", "%uff0e%uff0e"])
    .concat(["..;", "....", "..%00", "%00..", "..%0d%0a", ".\\.", "%2e%2e%2f"]);
  const slashes = [
    "/",
    "%2f",
    "%252f",
    "%c0%af",
    "\\",
    "%5c",
    "//",
    "/./",
  ].concat(["\xc0\xaf", "%2F", "%u2215", "/x/../"]);
  const begins = ["/", "//", "/.", "http://host/", "http://host\\", "file:///"]
    .concat(["file:", "x:", "x:/", "/pages/", "/blog/", "/index.html/", ""])
    .concat(["/%2e/", "\\", "*", "/~", "http:", "http://a@b:1/", "/?/", "/#/"]);
  const ends = ["index.ts", "pages/../index.ts", "etc/passwd"].concat([
    "package.json",
    "index.ts%00.html",
    "index.ts?.html",
    "%2e",
    "",
  ]);
  const found: string[] = [];
  for (const begin of begins)
    for (const up of ups)
      for (const slash of slashes)
        for (const end of ends)
          for (const depth of [1, 2, 7])
            found.push(begin + (up + slash).repeat(depth) + end);
  const long = ["a".repeat(300), "a/".repeat(3000), "%61".repeat(1000)];
  const odd = ["/EMFILE", "/__proto__", "x:__proto__", "x:constructor"];
  return [...found, ...long.map((path) => `/${path}`), ...odd];
}

test("nothing from outside of its folder is ever sent", async () => {
  const all = targets();
  const random = new Random(1);
  const chosen = isLong
    ? all
    : [
        ...Array.from({ length: 1500 }, () => random.pick(all)),
        ...all.slice(-20),
      ];
  const turn = inTurn(20);
  const wrong: string[] = [];
  const one = async (target: string): Promise<void> => {
    const said = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const text = await heard(Buffer.from(said, "latin1"));
    const [, status, body = ""] =
      /^HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n([^]*)$/.exec(text) ?? [];
    const isPage = status === "200" && pages.includes(body);
    const isRefused = status === "404" && body === "Not Found\n";
    const isNonsense = status === "400" && body === "Bad Request\n";
    if (!isPage && !isRefused && !isNonsense) wrong.push(`${target}: ${text}`);
  };
  await Promise.all(chosen.map((target) => turn(() => one(target))));
  expect(wrong).toEqual([]);
  await expectService();
});

const host = "Host: x\r\n";

/** What no proxy and server may understand differently. */
const smuggled: readonly (readonly [status: number, text: string])[] = [
  [405, `POST / HTTP/1.1\r\n${host}Content-Length: 4\r\n\r\nGET / HTTP/1.1`],
  [
    400,
    `GET / HTTP/1.1\r\n${host}Content-Length: 0\r\nContent-Length: 9\r\n\r\n`,
  ],
  [
    400,
    `GET / HTTP/1.1\r\n${host}Content-Length: 9\r\nContent-Length: 0\r\n\r\n`,
  ],
  [400, `GET / HTTP/1.1\r\n${host}Content-Length: 0, 9\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Content-Length: +9\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Content-Length: 0x9\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Content-Length:\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Content-Length : 9\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host} Content-Length: 9\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}X: y\rContent-Length: 9\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Content-Length: 0\r\n 9\r\n\r\n`],
  [411, `GET / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`],
  [
    411,
    `GET / HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ],
  [
    411,
    `GET / HTTP/1.1\r\n${host}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ],
  [411, `GET / HTTP/1.1\r\n${host}Transfer-Encoding:\tchunked\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Transfer-Encoding : chunked\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Transfer-Encoding\r\n : chunked\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}Host: y\r\n\r\n`],
  [400, `GET / HTTP/1.1\r\n\r\n`],
  [400, `GET / HTTP/2.0\r\n${host}\r\n`],
  [400, `GET  / HTTP/1.1\r\n${host}\r\n`],
  [400, `GET /\0 HTTP/1.1 \r\n${host}\r\n`],
  [400, `GET / index HTTP/1.1\r\n${host}\r\n`],
  [400, `GET / HTTP/1.1\r\n${host}: empty\r\n\r\n`],
];

test.each(smuggled)("%d, and not a word more: %j", async (status, text) => {
  const next = request("/blog");
  expect(statuses(await heard(text + next))).toEqual([status]);
});

describe("what has no end", () => {
  test.each([
    [431, "a request line", "GET /", "a".repeat(1000)],
    [431, "headers", `GET / HTTP/1.1\r\n${host}`, "X-Y: z\r\n".repeat(100)],
    [431, "one header", `GET / HTTP/1.1\r\n${host}X: `, "y".repeat(1000)],
    [431, "empty lines", "", "\r\n".repeat(500)],
    [431, "a line of NULs", "", "\0".repeat(1000)],
    [431, "letters of two bytes", "", "\xc3\xa4".repeat(500)],
    [
      405,
      "a body larger than it was to be",
      `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\n`,
      "z".repeat(1000),
    ],
  ])("%d: %s", async (status, _, begin, more) => {
    using memory = new Memory(server);
    const socket = await raw(server.port);
    socket.write(begin, "latin1");
    await flood(socket, Buffer.from(more, "latin1"), amount(1e6, 5e7));
    socket.end();
    expect(statuses(await server.during(rest(socket)))).toEqual([status]);
    expect(memory.growth).toBeLessThan(mostGrowth);
    await expectService();
  });
});

test("a body shorter than it was to be", async () => {
  const text = `POST / HTTP/1.1\r\n${host}Content-Length: 99\r\n\r\nshort`;
  expect(statuses(await heard(text))).toEqual([405]);
});

test("a byte at a time from hundreds holds up nobody", async () => {
  using memory = new Memory(server);
  const sockets = await raws(server.port, amount(300, 2000));
  const text = request(`/${"x".repeat(40)}`).repeat(2);
  for (const byte of text.slice(0, amount(60, 150))) {
    for (const socket of sockets) socket.write(byte);
    await expectService();
  }
  expect(memory.growth).toBeLessThan(mostGrowth);
  destroyAll(sockets);
  await expectService();
});

test("those that ask without end and never read hold up nobody", async () => {
  using memory = new Memory(server);
  const sockets = await raws(server.port, amount(20, 200));
  const piece = request("/blog").repeat(200);
  const floods = sockets.map((socket) => flood(socket, piece, 2e7));
  await expectService();
  const written = await Promise.all(floods);
  // It has ceased to read them.
  expect(Math.max(...written)).toBeLessThan(2e7);
  await expectService();
  expect(memory.growth).toBeLessThan(mostGrowth);
  destroyAll(sockets);
  await expectService();
});

test("those that say half of it and are gone leave nothing behind", async () => {
  await expectService();
  const before = openFiles(server.program.pid) ?? 0;
  for (let i = 0; i < amount(5, 30); i++) {
    const sockets = await raws(server.port, 200);
    for (const [j, socket] of sockets.entries()) {
      socket.write(request("/blog").slice(0, j % 40));
      if (j % 3 === 0) socket.resetAndDestroy();
      else if (j % 3 === 1) socket.destroy();
      else socket.end();
    }
    await expectService();
    destroyAll(sockets);
  }
  await expectService();
  await expect
    .poll(() => openFiles(server.program.pid) ?? 0, { timeout: 30_000 })
    .toBeLessThanOrEqual(before);
});
