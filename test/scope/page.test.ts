/**
 * The page of the scope in a real browser: fed by a server of the test's own,
 * and as a report without any.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ScopeEvent } from "../../src/scope/events.ts";
import {
  hasBrowser,
  startBrowser,
  type StartedBrowser,
} from "../helpers/browser.ts";

const FOLDER = new URL("../../src/scope/page/", import.meta.url);
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
};

/** What the real server does, as far as the page can see. */
class FakeServer {
  readonly history: ScopeEvent[] = [];
  readonly commands: unknown[] = [];
  readonly #streams = new Set<ServerResponse>();
  #hasBeenOpen = false;
  readonly #server = createServer((request, response) => {
    const name = /^\/token\/([^?]*)$/.exec(request.url ?? "")?.[1];
    response.setHeader("Content-Security-Policy", POLICY);
    if (name === "events") {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("retry: 100\n\n");
      if (this.#hasBeenOpen) response.write("event: reset\ndata: {}\n\n");
      this.#hasBeenOpen = true;
      this.#write(response, this.history);
      this.#streams.add(response);
      response.on("close", () => this.#streams.delete(response));
    } else if (name === "control" && request.method === "POST") {
      let text = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => (text += chunk));
      request.on("end", () => {
        this.commands.push(JSON.parse(text));
        response.writeHead(204).end();
      });
    } else if (name !== undefined && /^[\w.-]*$/.test(name)) {
      const file = name === "" ? "index.html" : name;
      response.setHeader("Content-Type", TYPES[extname(file)] ?? "");
      response.end(readFileSync(new URL(file, FOLDER)));
    } else {
      response.writeHead(404).end();
    }
  });

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error();
    return `http://127.0.0.1:${address.port}/token/`;
  }

  send(...events: ScopeEvent[]): void {
    this.sendAll(events);
  }

  sendAll(events: readonly ScopeEvent[]): void {
    for (const event of events) this.history.push(event);
    for (const stream of this.#streams) this.#write(stream, events);
  }

  breakOff(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }

  #write(stream: ServerResponse, events: readonly ScopeEvent[]): void {
    stream.write(`data: ${JSON.stringify(events)}\n\n`);
  }
}

/** A program that has run for so long. */
function started(agoMs: number): ScopeEvent {
  const at = new Date(Date.now() - agoMs).toISOString();
  const program = "/somewhere/examples/03-select.ts";
  return { type: "start", t: 0, program, pid: 4711, runtime: "Node 20", at };
}

const lane = (t: number, id: number, fd: number, name: string): ScopeEvent => ({
  type: "lane",
  t,
  lane: id,
  fd,
  kind: id === 1 ? "listener" : "connection",
  name,
});
const watch = (t: number, id: number, events: number): ScopeEvent => ({
  type: "watch",
  t,
  lane: id,
  events,
});
const wait = (
  t: number,
  turn: number,
  watched: number,
  mechanism = "select",
): ScopeEvent => ({
  type: "wait",
  t,
  turn,
  mechanism,
  timeoutMs: null,
  isBlocking: true,
  watched,
});
const wake = (
  t: number,
  turn: number,
  ready: [number, number, string | null][],
): ScopeEvent => ({ type: "wake", t, turn, ready, error: null });
const io = (
  t: number,
  id: number,
  operation: string,
  bytes: number | null,
  preview: string | null,
  accepted: number | null = null,
): ScopeEvent => ({
  type: "io",
  t,
  lane: id,
  operation,
  bytes,
  error: null,
  preview,
  accepted,
});

/** Lesson 3 with a client that said hello; asleep at the end. */
function conversation(): ScopeEvent[] {
  return [
    started(3000),
    lane(4, 1, 18, "listener 127.0.0.1:5001"),
    watch(4, 1, 1),
    wait(4.1, 1, 1),
    wake(900, 1, [[1, 1, null]]),
    lane(900.1, 2, 21, "client 127.0.0.1:40312"),
    io(900.1, 1, "accept", null, null, 2),
    watch(900.3, 2, 1),
    wait(900.3, 2, 2),
    wake(1800, 2, [[2, 1, null]]),
    io(1800.1, 2, "recv", 6, String.raw`hello\n`),
    io(1800.2, 2, "send", 12, String.raw`Hello world\n`),
    wait(1800.3, 3, 2),
  ];
}

const SOURCE = [
  "function* sendMessages(client) {",
  "  for (;;) {",
  '    yield ["read", client];',
  "    client.recv(4096);",
  '    yield ["write", client];',
  '    client.send("Hello world\\n");',
  "  }",
  "}",
].join("\n");

/** Lesson 8: two tasks that wait at different lines. */
function generators(): ScopeEvent[] {
  const url = "file:///somewhere/examples/08-generators.ts";
  const suspend = (t: number, task: number, line: number): ScopeEvent => ({
    type: "suspend",
    t,
    task,
    source: 1,
    line,
    column: 5,
  });
  const events: ScopeEvent[] = [
    started(2000),
    { type: "source", t: 1, source: 1, url, text: SOURCE },
  ];
  for (const id of [1, 2]) {
    events.push(
      lane(2, id, 20 + id, `client 127.0.0.1:${40000 + id}`),
      { type: "task", t: 2, task: id, name: "sendMessages" },
      { type: "resume", t: 2, task: id },
      suspend(2.1, id, 3),
      watch(2.1, id, 1),
    );
  }
  events.push(
    wait(3, 1, 2),
    wake(1000, 1, [[2, 1, null]]),
    { type: "resume", t: 1000.1, task: 2 },
    io(1000.2, 2, "recv", 3, String.raw`hi\n`),
    suspend(1000.3, 2, 5),
    watch(1000.3, 2, 2),
    wait(1000.4, 2, 2),
  );
  return events;
}

/** A second of a busy server: 1,000 turns. */
function busySecond(second: number, lanes: number): ScopeEvent[] {
  const events: ScopeEvent[] = [];
  for (let i = 0; i < 1000; i++) {
    const t = second * 1000 + i;
    const turn = second * 1000 + i + 1;
    const id = 2 + ((turn * 37) % (lanes - 1));
    events.push(
      wait(t, turn, lanes, "EpollSelector"),
      wake(t + 0.7, turn, [[id, 1, "sendMessage"]]),
      io(t + 0.8, id, "recv", 6, String.raw`again\n`),
      io(t + 0.9, id, "send", 12, String.raw`Hello world\n`),
    );
  }
  return events;
}

/** The file that a program leaves behind: the page with all that it loads, and the events. */
function report(events: readonly ScopeEvent[]): string {
  const read = (name: string): string =>
    readFileSync(new URL(name, FOLDER), "utf8");
  const scripts: string[] = [];
  const html = read("index.html")
    .replaceAll(
      /<link rel="stylesheet" href="([^"]+)" ?\/?>/g,
      (_, name: string) => `<style>${read(name)}</style>`,
    )
    .replaceAll(
      /<script defer src="([^"]+)"><\/script>/g,
      (_, name: string) => {
        scripts.push(`<script>${read(name)}</script>`);
        return "";
      },
    );
  const json = JSON.stringify(events).replaceAll("<", String.raw`\u003c`);
  const recorded = `<script type="application/json" id="recorded">${json}</script>`;
  const at = html.lastIndexOf("</body>");
  return html.slice(0, at) + recorded + scripts.join("") + html.slice(at);
}

describe.skipIf(!hasBrowser)("the scope's page", () => {
  let browser: StartedBrowser;
  let server: FakeServer;
  let page: Page;
  let base: string;
  let requests: string[];
  let complaints: string[];

  beforeAll(async () => {
    browser = await startBrowser();
  }, 30_000);
  afterAll(async () => {
    await browser.close();
  });

  async function open(events: readonly ScopeEvent[]): Promise<void> {
    server = new FakeServer();
    server.sendAll(events);
    base = await server.listen();
    await openPage(base);
  }

  async function openPage(url: string): Promise<void> {
    requests = [];
    complaints = [];
    page = await browser.context.newPage();
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(url);
  }

  /** Waits until an element's text is as expected. */
  async function untilText(selector: string, text: RegExp): Promise<void> {
    await page
      .locator(selector)
      .filter({ hasText: text })
      .first()
      .waitFor({ timeout: 8000 });
  }

  afterEach(async () => {
    await page.close();
    await server.close();
    const strangers = requests.filter(
      (url) => !url.startsWith(base) && !url.startsWith("data:"),
    );
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("shows who is watched, the sleeping thread, and what each turn did", async () => {
    await open(conversation());
    await untilText(
      "#sentence",
      /^Asleep in select on 2 descriptors, for [\d.]+ s$/,
    );
    await untilText("#watched-body li", /^18 listener 127\.0\.0\.1:5001$/);
    await untilText("#watched-body li", /^21 client 127\.0\.0\.1:40312$/);
    await untilText(
      "#turns tr",
      /^21\.800 s900 msfd 21 readable → recv 6 B hello\\n → send 12 B Hello world\\n$/,
    );
    await untilText("#turns tr", /fd 18 readable → accept → fd 21/);
    await untilText("#counters", /2turns/);
    await untilText("#program", /03-select\.ts · pid 4711 · Node 20/);
  });

  test("shows at once what becomes ready, and what it wakes", async () => {
    await open(conversation());
    await untilText("#sentence", /Asleep/);
    server.send(wake(3500, 3, [[2, 1, "sendMessage"]]));
    await untilText("#watched-body li.is-ready", /21 client .* ready/);
    await untilText("#sentence", /^Running callback sendMessage$/);
    // Its lane has the colour of readiness, and no other has.
    const colours = await page.evaluate<number[]>(`(() => {
      const canvas = document.querySelector("#canvas");
      const pen = canvas.getContext("2d");
      const amber = (row) => {
        const y = (24 + 34 + 6 + 26 * (row + 0.5)) * devicePixelRatio;
        const { data } = pen.getImageData(0, y, canvas.width, 1);
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
          if (data[i] === 245 && data[i + 1] === 183) found++;
        }
        return found;
      };
      return [amber(0), amber(1)];
    })()`);
    expect(colours[0]).toBeLessThan(20);
    expect(colours[1]).toBeGreaterThan(0);
    server.send(
      io(3500.2, 2, "recv", 0, ""),
      { type: "close", t: 3500.3, lane: 2 },
      wait(3500.4, 4, 1),
    );
    await untilText("#sentence", /^Asleep in select on 1 descriptor,/);
    await expect
      .poll(() => page.locator("#watched-body li.is-ready").count())
      .toBe(0);
  });

  test("pauses, steps and goes on, by button and by key", async () => {
    await open(conversation());
    await untilText("#state", /^Live$/);
    const commands = async (...names: string[]): Promise<void> => {
      await expect
        .poll(() => server.commands)
        .toEqual(names.map((command) => ({ command })));
      server.commands.length = 0;
    };
    await page.getByRole("button", { name: "Pause" }).click();
    await commands("pause");
    await untilText("#state", /Will stand still before its next wait/);
    server.send({ type: "pause", t: 3600 });
    await untilText("#state", /Paused: the program stands still/);
    await untilText("#sentence", /Standing still before its next wait/);
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await commands("step");
    server.send({ type: "go", t: 3700 });
    await untilText("#state", /Takes one turn/);
    server.send({ type: "pause", t: 3800 });
    await untilText("#state", /Paused/);
    await page.locator("#lanes").focus();
    await page.keyboard.press("s");
    await commands("step");
    server.send({ type: "go", t: 3900 }, { type: "pause", t: 4000 });
    await untilText("#state", /Paused/);
    await page.keyboard.press("Space");
    await commands("resume");
    server.send({ type: "go", t: 4100 });
    await untilText("#state", /^Live$/);
    await page.keyboard.press("Space");
    await commands("pause");
  });

  test("shows tasks, and the lines at which they are suspended", async () => {
    await open(generators());
    await untilText("#tasks tr", /sendMessages 1suspendedline 3/);
    await untilText("#tasks tr", /sendMessages 2suspendedline 5fd 22/);
    await untilText(
      "#source tr.here",
      /3 {4}yield \["read", client\];sendMessages 1/,
    );
    await untilText(
      "#source tr.newest",
      /5 {4}yield \["write", client\];sendMessages 2/,
    );
    await untilText("#turns tr", /fd 22 readable → sendMessages 2 → recv 3 B/);
    // Back to the moment in which it ran.
    await page.keyboard.press("x");
    await page.locator("#lanes").focus();
    for (let i = 0; i < 2; i++) await page.keyboard.press(",");
    await untilText(
      "#sentence",
      /^Running task sendMessages 2: recv 3 B on fd 22$/,
    );
    await untilText("#tasks tr", /sendMessages 2running/);
    await untilText("#source tr.newest", /2 tasks, one runs on/);
    await page.keyboard.press("f");
    await untilText("#sentence", /Asleep/);
  });

  test("stays quick with 1,000 lanes and 1,000 turns a second", async () => {
    const lanes = 1000;
    const events: ScopeEvent[] = [started(0)];
    for (let id = 1; id <= lanes; id++) {
      events.push(
        lane(0, id, 17 + id, `client 127.0.0.1:${30000 + id}`),
        watch(0, id, 1),
      );
    }
    for (let second = 0; second < 6; second++) {
      events.push(...busySecond(second, lanes));
    }
    await open(events);
    await untilText("#state", /^Live$/);
    // Less memory than it has by itself, so that it has to forget.
    await page.evaluate(`{
      model.limit = 20_000;
      globalThis.gaps = [];
      let last = performance.now();
      const frame = (now) => {
        gaps.push(now - last);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    }`);
    for (let second = 6; second < 9; second++) {
      const all = busySecond(second, lanes);
      for (let i = 0; i < 25; i++) {
        const due = page.waitForTimeout(40); // the server's pace is part of the load
        server.sendAll(all.slice(i * 160, (i + 1) * 160));
        await due;
      }
    }
    server.send({
      type: "omitted",
      t: 9000,
      turns: 40_000,
      ready: 40_000,
      operations: 80_000,
      bytesIn: 240_000,
      bytesOut: 480_000,
    });
    await untilText(
      "#sampling",
      /^Showing [\d,]+ of 49,000 turns: 40,000 were too many to send, [\d,]+ older ones are forgotten/,
    );
    await untilText("#watched-body", /… and 940 more/);
    const { gaps, heap } = await page.evaluate<{
      gaps: number[];
      heap: number;
    }>("({ gaps, heap: performance.memory.usedJSHeapSize })");
    gaps.sort((a, b) => a - b);
    expect(gaps[Math.floor(gaps.length / 2)]).toBeLessThan(150);
    expect(gaps.at(-1)).toBeLessThan(2500);
    expect(heap).toBeLessThan(150e6);
    await page.locator("#filter").fill("fd 1016");
    await untilText("#watched-body tr", /^1016client 127\.0\.0\.1:30999/);
    await expect
      .poll(() => page.locator("#watched-body tbody tr").count())
      .toBe(1);
  }, 30_000);

  test("is dark or light, as the system is or as one likes", async () => {
    await open(generators());
    await untilText("#tasks tr", /suspended/);
    const background = (): Promise<string> =>
      page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(background).toBe("rgb(244, 246, 248)");
    const light = await page.screenshot();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(background).toBe("rgb(17, 21, 27)");
    const dark = await page.screenshot();
    expect(dark.equals(light)).toBe(false);
    await page.getByRole("button", { name: "Light" }).click();
    await expect.poll(background).toBe("rgb(244, 246, 248)");
  });

  test("takes what the program names as text", async () => {
    const evil = `<img src=x onerror="globalThis.isEvil = true"><script>globalThis.isEvil = true</script>`;
    const events: ScopeEvent[] = [
      started(1000),
      { type: "source", t: 0, source: 1, url: `file:///${evil}`, text: evil },
      lane(1, 1, 21, evil),
      watch(1, 1, 1),
      { type: "task", t: 1, task: 1, name: evil },
      { type: "resume", t: 1, task: 1 },
      { type: "suspend", t: 2, task: 1, source: 1, line: 1, column: 1 },
      wait(3, 1, 1, evil),
      wake(4, 1, [[1, 1, evil]]),
      io(5, 1, evil, 6, evil),
      wait(6, 2, 1, evil),
    ];
    await open(events);
    await untilText("#turns tr", /<img src=x/);
    await untilText("#watched-body td", /<img src=x/);
    await untilText("#source td", /<script>/);
    await untilText("#tasks th", /<img src=x/);
    expect(await page.locator("main img, main script").count()).toBe(0);
    const isEvil = await page.evaluate(`"isEvil" in globalThis`);
    expect(isEvil).toBe(false);
  });

  test("tells a screen reader what is where", async () => {
    await open(generators());
    await untilText("#tasks tr", /suspended/);
    for (const role of ["banner", "main"] as const) {
      expect(await page.getByRole(role).count()).toBe(1);
    }
    for (const name of [
      "Now",
      "Timeline",
      "Watched",
      "Turns",
      "Tasks",
      "Source",
    ]) {
      expect(await page.getByRole("heading", { name }).count()).toBe(1);
    }
    for (const name of ["Timeline", "Watched", "Turns", "Tasks", "Source"]) {
      const regions = page.getByRole("region", { name, exact: true });
      expect(await regions.count()).toBeGreaterThan(0);
    }
    for (const name of [
      "Pause",
      "Step",
      "Follow",
      "Zoom in",
      "Zoom out",
      "Help",
      "One step back",
      "One step on",
    ]) {
      const button = page.getByRole("button", { name, exact: true });
      expect(await button.count()).toBe(1);
    }
    expect(await page.getByRole("slider").count()).toBe(1);
    expect(await page.getByRole("searchbox").count()).toBe(1);
    const headers = page.locator("#turns-scroll").getByRole("columnheader");
    expect(await headers.allTextContents()).toHaveLength(4);
    await page.locator("#lanes").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await untilText("#selection[aria-live=polite]", /fd 21 client/);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "How to read it" }).waitFor();
    await page.keyboard.press("Escape");
  });

  test("begins anew after a reconnect, and says when the program has ended", async () => {
    await open(conversation());
    await untilText("#counters", /2turns/);
    server.history.push({ type: "close", t: 1900, lane: 2 });
    server.breakOff();
    await untilText("#watched-body", /^(?!.*40312).*5001/);
    await untilText("#counters", /2turns/);
    await untilText("#state", /^Live$/);
    server.send({ type: "end", t: 4000 });
    await untilText("#state", /The program has ended/);
    await page.getByRole("button", { name: "One step back" }).click();
    await untilText("#moment", /^At 1\.9000\d s/);
    // A broken connection is said in the console by the browser itself.
    complaints = complaints.filter((text) => !text.includes("net::ERR_"));
  });

  test("is a report too, in one file and without a server", async () => {
    const folder = mkdtempSync(join(tmpdir(), "posix-select-report-"));
    try {
      const file = join(folder, "report.html");
      writeFileSync(
        file,
        report([...conversation(), { type: "end", t: 2500 }]),
      );
      server = new FakeServer();
      base = pathToFileURL(file).href;
      await openPage(base);
      await untilText("#state", /A recording/);
      await untilText("#moment", /At the end/);
      await untilText("#turns tr", /fd 21 readable → recv 6 B/);
      expect(await page.getByRole("button", { name: "Pause" }).count()).toBe(0);
      const slider = page.getByRole("slider");
      await slider.focus();
      await page.keyboard.press("Home");
      for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
      await untilText("#sentence", /^Running accept → fd 21 on fd 18$/);
      await untilText(
        "#watched-body",
        /^rlist 118 listener 127.0.0.1:5001 in use/,
      );
      expect(requests).toEqual([base]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
