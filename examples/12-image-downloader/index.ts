/**
 * 12 - Image downloader: one after another, and all at once
 *
 * New here: many answers to wait for. Requests that are all sent before the first
 * is waited for (Promise.all) take as long as the slowest of them; one request
 * after another takes as long as all of them together.
 *
 * Read first:         11-async-await.ts
 * Run:                npm run lesson 12 [url ...]
 *                     npm run lesson 12 -- --out folder [url ...]
 * In other terminals: nothing is needed. Unless it is given the URLs of pictures,
 *                     it starts a slow site of its own (site.ts) and asks that.
 * Observe:            the same ten requests twice. In the first waterfall each bar
 *                     begins where the one above it ends; in the second all begin
 *                     at once. Two of the ten are no pictures: they are named, and
 *                     the others go on. The pictures are in the folder it prints.
 * What hurts:         to ask for everything at once was easy, since fetch() has a
 *                     loop, a selector and HTTP inside. What does the other side
 *                     do, whom all ask at once? And what is HTTP, to begin with?
 *
 * In Python: async_image_downloader.py, with requests and aiohttp. It looks neither
 * at the status nor at the type, so that an error's page becomes a .jpg; and the
 * first request that fails ends the program, whatever the others were doing.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isatty } from "node:tty";
import { parseArgs } from "node:util";
import { createConnection } from "posix-select/socket";

type Get = (url: URL) => Response | Promise<Response>;

const timeoutMs = 10_000;

const put = (text: string): void => {
  try {
    writeSync(1, text);
  } catch {} // nobody reads it: no reason to stop
};

/** Why there is no picture, in a line that no server can play tricks with. */
function reason(error: Error): string {
  if (error.cause instanceof Error) return reason(error.cause);
  const code = "code" in error ? String(error.code) : error.name;
  return (error.message || code).replaceAll(/[^ -~]/g, "?");
}

/** Asks by hand, on a socket that blocks: nothing else can happen meanwhile. */
function getBlocking(url: URL): Response {
  const host = url.hostname.replaceAll(/[[\]]/g, ""); // of an IPv6 address
  const port = Number(url.port || 80);
  using socket = createConnection({ host, port, timeoutMs }); // waits
  // HTTP/1.0: an answer in one piece, which ends where the connection ends.
  const request = `GET ${url.pathname}${url.search} HTTP/1.0`;
  socket.sendAll(`${request}\r\nHost: ${url.host}\r\n\r\n`);
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = socket.recv(65536); // waits
    if (piece.length === 0) return parse(Buffer.concat(pieces));
    pieces.push(piece);
  }
}

/** What a server has said, as fetch() gives it. */
function parse(answer: Buffer): Response {
  const end = answer.indexOf("\r\n\r\n");
  const head = answer.toString("latin1", 0, Math.max(end, 0));
  const status = /^HTTP\/1\.\d (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error("this is no HTTP");
  const headers = new Headers();
  for (const [, name = "", value = ""] of head.matchAll(/^([\w-]+): *(.*)/gm))
    headers.append(name, value);
  const body = answer.subarray(end + 4);
  const isWhole = body.length >= Number(headers.get("content-length"));
  if (!isWhole) throw new Error("the answer was cut off");
  return new Response(body, { status: Number(status), headers });
}

/** Leaves the waiting to Node's own loop, which can do many at a time. */
function getAsync(url: URL): Promise<Response> {
  const redirect = byHand ? "manual" : "follow"; // both runs ask for the same
  return fetch(url, { redirect, signal: AbortSignal.timeout(timeoutMs) });
}

async function download(get: Get, url: URL, file: string): Promise<void> {
  const answer = await get(url);
  const type = answer.headers.get("content-type") ?? "nothing";
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  if (!type.startsWith("image/")) throw new Error(`${type} is no picture`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
}

async function run(title: string, get: Get, atOnce: boolean) {
  put(`\n${title}\n`);
  const began = performance.now();
  let done = 0;
  const one = async (url: URL, i: number) => {
    // No name leads out of the folder, and none is there twice.
    const last = url.pathname.replaceAll(/^.*\/|[^\w.-]/g, "").slice(-40);
    const name = `${i + 1}-${last}`;
    const startMs = performance.now() - began;
    const file = join(folder, title, name);
    const failure = await download(get, url, file).then(() => "", reason);
    progress(++done, `${name} ${failure}`.trimEnd());
    return { name, startMs, endMs: performance.now() - began, failure };
  };
  const rows = [];
  if (atOnce) rows.push(...(await Promise.all(urls.map(one))));
  else for (const [i, url] of urls.entries()) rows.push(await one(url, i));
  return { title, rows, totalMs: performance.now() - began };
}

/** A bar that grows in place on a terminal; elsewhere a line for each step. */
function progress(done: number, text: string): void {
  const bar = "#".repeat((20 * done) / urls.length).padEnd(20, "-");
  const line = `[${bar}] ${done}/${urls.length} ${text}`;
  if (!isatty(1)) put(`${line}\n`);
  else put(`\r\x1b[K${line.slice(0, 79)}${done === urls.length ? "\n" : ""}`);
}

/** The folder for the pictures, and their URLs: none if none is given. */
function begin() {
  try {
    const options = { out: { type: "string" } } as const;
    const given = parseArgs({ options, allowPositionals: true });
    const urls = given.positionals.map((text) => new URL(text));
    const folder = given.values.out ?? mkdtempSync(join(tmpdir(), "pictures-"));
    mkdirSync(folder, { recursive: true });
    return { urls, folder };
  } catch (error) {
    const given = process.argv.slice(2).join(" ");
    console.error(`Cannot begin with ${given}: ${String(error)}`);
    process.exit(1);
  }
}

const { urls, folder } = begin();
if (urls.length === 0) {
  const site = fork(new URL("site.ts", import.meta.url)); // it ends with us
  const [pictures] = (await once(site, "message")) as [string[]];
  urls.push(...pictures.map((url) => new URL(url)));
}
put(`Into ${folder}\n`);
const byHand = urls.every(({ protocol }) => protocol === "http:");
const runs = [
  await run("one after another", byHand ? getBlocking : getAsync, false),
  await run("all at once", getAsync, true),
];

// A row for each request; time goes from the left to the right.
const scale = 50 / Math.max(...runs.map(({ totalMs }) => totalMs));
for (const { title, rows, totalMs } of runs) {
  put(`\n${title}: ${Math.round(totalMs)} ms\n`);
  for (const { name, startMs, endMs, failure } of rows) {
    const from = Math.floor(startMs * scale);
    const bar = (failure ? "x" : "#").repeat(Math.max(1, endMs * scale - from));
    const row = (" ".repeat(from) + bar).padEnd(50);
    const result = failure || `${Math.round(endMs - startMs)} ms`;
    put(`  ${name.padEnd(16)} |${row}| ${result}\n`);
  }
}
process.exit(runs.some(({ rows }) => rows.every((row) => row.failure)) ? 1 : 0);

// Next: the other side, by hand. 13-web-app/index.ts
