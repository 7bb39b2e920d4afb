/**
 * 20 - Crawler: many pages to fetch, and never too many at a time
 *
 * New here: a client on a loop of our own, with a cap: so many workers and no more
 * take their work from one queue. And a connect() that does not wait: the socket is
 * writable when it is over, and SO_ERROR tells whether it went well.
 *
 * Read first:         16-futures-and-tasks.ts, 17-async-server.ts
 * Run:                npm run lesson 20 [url]
 *                     npm run lesson 20 -- --concurrency 1 [url]
 * In other terminals: nothing is needed: it starts a slow site of its own (site.ts)
 *                     unless it is given another one's URL, that of lesson 13 say.
 * Observe:            each page is fetched once, however many links lead to it, and
 *                     though they lead round in circles. In the end it says
 *
 *                       pages: 34, errors: 1, elsewhere: 1
 *
 *                     and the time. With --concurrency 1 it takes four times as
 *                     long; more than five help less and less, for a link has to
 *                     be found before it can be followed.
 *                     A page that goes on and on is given up after 4 MiB, and of
 *                     links without an end it follows the first 1,000.
 * What hurts:         press Ctrl-C in the middle: five requests are broken off, and
 *                     nobody says what was found until then. (A site that never
 *                     answers holds a worker for ever: lesson 15 knows the remedy.)
 *
 * In Python: the crawler of "500 Lines or Less", loop-with-coroutines.py. It makes a
 * task for every link, with no cap, and never looks at SO_ERROR: a connection that was
 * refused looks to it like one that was made.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { constants } from "node:os";
import { setImmediate } from "node:timers/promises";
import { getSystemErrorName, parseArgs } from "node:util";
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
} from "posix-select/selectors";
import { SO_ERROR, Socket, SOL_SOCKET } from "posix-select/socket";

const selector = new DefaultSelector<() => void, Socket>();

const say = (line: string): void => {
  try {
    writeSync(1, `${line}\n`);
  } catch {} // nobody reads it: no reason to stop
};

/** Comes back when a call on the socket need not wait. */
function ready(socket: Socket, events: number): Promise<void> {
  return new Promise((resolve) => {
    selector.register(socket, events, resolve);
  });
}

/** The loop: it runs until nobody waits for a socket any more. */
async function runLoop(): Promise<void> {
  for (;;) {
    // Who is woken goes on in microtasks, when we let go of the thread. After one
    // `await null` some are still to come; setImmediate() lets all of them run.
    await setImmediate();
    if (selector.getMap().size === 0) return;
    for (const [{ fileobj: socket, data: wake }] of selector.select()) {
      selector.unregister(socket);
      wake();
    }
  }
}

async function connect(socket: Socket, url: URL): Promise<void> {
  const { hostname: host, port } = url;
  let errno = socket.connectEx({ host, port: Number(port || 80) });
  if (errno === -constants.errno.EINPROGRESS) {
    await ready(socket, EVENT_WRITE); // it is over, well or not
    errno = -socket.getsockopt(SOL_SOCKET, SO_ERROR);
  }
  if (errno !== 0) throw new Error(getSystemErrorName(errno));
}

async function fetchPage(url: URL): Promise<string> {
  using socket = new Socket();
  socket.setBlocking(false);
  await connect(socket, url);
  const line = `GET ${url.pathname}${url.search} HTTP/1.0\r\n`;
  let request = Buffer.from(`${line}Host: ${url.host}\r\n\r\n`);
  while (request.length > 0) {
    await ready(socket, EVENT_WRITE);
    request = request.subarray(socket.trySend(request) ?? 0);
  }
  const page = Buffer.allocUnsafe(4 * 1024 * 1024); // one may have no end
  for (let length = 0, count; length < page.length; length += count ?? 0) {
    await ready(socket, EVENT_READ);
    count = socket.tryRecvInto(page.subarray(length)); // undefined: nothing yet
    if (count === 0) return page.toString("utf8", 0, length);
  }
  throw new Error("too large");
}

const queue: URL[] = [];
const seen = new Set<string>();
const elsewhere = new Set<string>();
let working = 0;
let most = 0;
let errors = 0;

/** One of the workers. Each has one request under way: that is the cap. */
async function work(): Promise<void> {
  most = Math.max(most, ++working);
  for (let url = queue.shift(); url; url = queue.shift()) await visit(url);
  working--;
}

function add(link: string, base: URL): void {
  if (!URL.canParse(link, base.href)) return;
  const url = new URL(link, base);
  url.hash = ""; // a place in the same page
  const known = url.origin === root.origin ? seen : elsewhere;
  if (known.has(url.href) || known.size === 1000) return; // links have no end
  known.add(url.href); // now, not when it is fetched: others find it meanwhile
  if (known === elsewhere) return;
  queue.push(url);
  if (working < concurrency) void work();
}

async function visit(url: URL): Promise<void> {
  let result = "no HTTP";
  try {
    const page = await fetchPage(url);
    result = /^HTTP\/1\.\d (\d{3})/.exec(page)?.[1] ?? result;
    const links = /^location: *(\S+)|\bhref=["']?([^"'\s>]+)/gim;
    for (const [, redirect, href = ""] of page.matchAll(links))
      add(redirect ?? href.replaceAll("&amp;", "&"), url);
  } catch (error) {
    result = error instanceof Error ? error.message : String(error);
  }
  if (!/^[23]/.test(result)) errors++;
  say(`${result} ${url.pathname}${url.search}`);
}

async function begin() {
  try {
    const options = { concurrency: { type: "string", default: "5" } } as const;
    const given = parseArgs({ options, allowPositionals: true });
    const concurrency = Number(given.values.concurrency);
    if (!(concurrency >= 1)) throw new RangeError("concurrency is 1 or more");
    const site = new URL("site.ts", import.meta.url); // it ends with us
    const [url = String((await once(fork(site), "message"))[0])] =
      given.positionals;
    const root = new URL(url);
    if (root.protocol !== "http:") throw new TypeError("this speaks http only");
    return { concurrency, root };
  } catch (error) {
    console.error(`Cannot begin: ${String(error)}`);
    process.exit(1);
  }
}

const { concurrency, root } = await begin();
const began = performance.now();
add(root.href, root);
await runLoop();
say(`\npages: ${seen.size}, errors: ${errors}, elsewhere: ${elsewhere.size}`);
say(`${Math.round(performance.now() - began)} ms; at most ${most} at a time`);
process.exit(errors < seen.size ? 0 : 1);

// Next: ending well. 21-shutdown.ts
