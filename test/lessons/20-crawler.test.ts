import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  createServer as createRawServer,
  type Server,
} from "node:net";
import { expect, test } from "vitest";
import { type Ended, Program } from "../helpers/programs.ts";
import { root, sureToEnd } from "./lessons.ts";

const file = "examples/20-crawler/index.ts";
const header = readFileSync(`${root}/${file}`, "utf8");

/** Resolves when it has ended and, since it has the same output, its site too. */
async function run(...args: string[]): Promise<Ended> {
  await using program = sureToEnd(new Program(file, args));
  return await program.ended;
}

/** What it found, and how many requests there were at a time. */
function found(stdout: string) {
  const [, pages = "", summary = "", ms, most] =
    /^([^]*)\n\n(pages: .*)\n(\d+) ms; at most (\d+) at a time\n$/.exec(
      stdout,
    ) ?? [];
  return {
    pages: pages.split("\n"),
    summary,
    ms: Number(ms),
    most: Number(most),
  };
}

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const chapters = [1, 2, 3, 4, 5].map((n) => `/chapter-${n}/`);
const all = [
  "/",
  ...chapters,
  "/old",
  ...chapters.flatMap((path) => [1, 2, 3, 4, 5].map((n) => `${path}page-${n}`)),
  "/index?sort=name&page=2",
  "/missing",
].map((path) => {
  const status = path === "/missing" ? 404 : path === "/old" ? 301 : 200;
  return `${status} ${path}`;
});

test.concurrent.each([[1], [5], [100]])(
  "its own site, with %d at a time",
  async (count) => {
    const args = count === 5 ? [] : ["--concurrency", String(count)];
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { pages, summary, ms, most } = found(stdout);
    expect(pages.toSorted()).toEqual(all.toSorted());
    expect(pages[0]).toBe("200 /");
    // One at a time it goes through the site level by level.
    if (count === 1) expect(pages.slice(0, 7)).toEqual(all.slice(0, 7));
    expect(header).toContain(` *                       ${summary}\n`);
    if (count < 100) expect(most).toBe(count);
    else expect(most).toBeGreaterThan(5);
    expect(ms).toBeGreaterThan((34 / count) * 49);
  },
);

test.concurrent(
  "never more at a time than it may, and that many as soon as it can",
  async () => {
    const waiting: ServerResponse[] = [];
    let most = 0;
    const links = Array.from({ length: 20 }, (_, i) => `<a href="/${i}">`).join(
      "",
    );
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      if (request.url === "/") {
        response.end(links);
        return;
      }
      waiting.push(response);
      most = Math.max(most, waiting.length);
      // Nobody gets an answer before as many are there as may be.
      if (waiting.length === 4 || asked.length === 21)
        for (const each of waiting.splice(0)) each.end(`<a href="/#x">`);
    });
    const url = await listening(server);
    try {
      const { code, stdout } = await run("--concurrency", "4", url);
      expect(code).toBe(0);
      expect(found(stdout)).toMatchObject({
        summary: "pages: 21, errors: 0, elsewhere: 0",
        most: 4,
      });
      expect(most).toBe(4);
      expect(asked.toSorted()).toEqual([...new Set(asked)].toSorted());
    } finally {
      server.close();
    }
  },
);

test.concurrent(
  "what goes wrong with a page is told, and the rest goes on",
  async () => {
    const other = createRawServer();
    const refused = await listening(other);
    other.close();
    await once(other, "close");
    const answers = new Map([
      [
        "/",
        `HTTP/1.0 200 OK\r\n\r\n<a href="/reset"><a href='/empty?a=1&amp;b=2'>
      <a href=/nonsense><a href="mailto:a@b"><a href="http://["><a href="${refused}x">
      <a href="#here"><a href="/../%2e%2e/up"><a href=""><A HREF="/moved">`,
      ],
      ["/nonsense", "hello"],
      ["/empty?a=1&b=2", ""],
      ["/moved", "HTTP/1.0 302 Found\r\nLocation: /target\r\n\r\n"],
      ["/target", "HTTP/1.0 200 OK\r\n\r\n<a href=/large>"],
      [
        "/large",
        `HTTP/1.0 200 OK\r\n\r\n${"x".repeat(3_000_000)}<a href=/last>`,
      ],
    ]);
    const server = createRawServer((socket) => {
      socket.on("error", () => undefined).setEncoding("latin1");
      socket.once("data", (text: string) => {
        const [, target = ""] = text.split(" ");
        if (target === "/reset") socket.resetAndDestroy();
        else socket.end(answers.get(target) ?? "HTTP/1.0 200 OK\r\n\r\n");
      });
    });
    const url = await listening(server);
    try {
      for (const count of ["1", "5"]) {
        const { code, stdout, stderr } = await run("--concurrency", count, url);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        const { pages, summary } = found(stdout);
        expect(pages.toSorted()).toEqual([
          "200 /",
          "200 /large",
          "200 /last",
          "200 /target",
          "200 /up",
          "302 /moved",
          expect.stringMatching(/^ECONNRESET: .* \/reset$/),
          "no HTTP /empty?a=1&b=2",
          "no HTTP /nonsense",
        ]);
        expect(summary).toBe("pages: 9, errors: 3, elsewhere: 2");
      }
    } finally {
      server.close();
    }
    // SO_ERROR tells that a connection was refused.
    const { code, stdout } = await run(refused);
    expect(code).toBe(1);
    expect(found(stdout).pages).toEqual(["ECONNREFUSED /"]);
  },
);

test.concurrent("Ctrl-C ends it at once, and its site", async () => {
  await using program = sureToEnd(new Program(file, ["--concurrency", "1"]));
  await program.match(/^200 \/chapter-1\/$/);
  const start = performance.now();
  program.process.kill("SIGINT");
  expect(await program.ended).toMatchObject({ signal: "SIGINT", stderr: "" });
  expect(performance.now() - start).toBeLessThan(2000);
});

test.concurrent.each([
  [["nonsense"]],
  [["--nonsense"]],
  [["https://127.0.0.1/"]],
  [["--concurrency", "0"]],
  [["--concurrency", "many"]],
])("%j is one clear line and exit code 1", async (args) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^Cannot begin: .+\n$/);
});
