import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Ended, loader, Program } from "../helpers/programs.ts";
import { Command, isInstalled, printed, root, sureToEnd } from "./lessons.ts";

const file = "examples/12-image-downloader/index.ts";
const titles = ["one after another", "all at once"];
const colors = "cherry orange lemon lime mint sky plum rose".split(" ");
const names = colors.map((color, i) => `${i + 1}-${color}.bmp`);

const temporary: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pictures-test-"));
  temporary.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true });
});

/**
 * Resolves when it has ended and, since it has the same output, its site too.
 */
async function run(...args: string[]): Promise<Ended> {
  await using program = sureToEnd(new Program(file, args));
  return await program.ended;
}

/** The rows of the waterfalls: what was asked for, its bar, what became of it. */
function waterfalls(stdout: string) {
  return titles.map((title) => {
    const [, totalMs, text = ""] =
      new RegExp(`^${title}: (\\d+) ms\\n((?:  .*\\n)*)`, "m").exec(stdout) ??
      [];
    const rows = [...text.matchAll(/^ {2}(\S+) +\|(.{50})\| (.*)$/gm)].map(
      ([, name = "", columns = "", result = ""]) => {
        const bar = /^( *)(#+|x+) *$/.exec(columns);
        const start = bar?.[1]?.length ?? -1;
        return { name, start, end: start + (bar?.[2]?.length ?? 0), result };
      },
    );
    return { totalMs: Number(totalMs), rows };
  });
}

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.concurrent("with its own site", () => {
  test("the same pictures, one after another and all at once", async () => {
    const folder = newFolder();
    const { code, stdout, stderr } = await run("--out", folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")[0]).toBe(`Into ${folder}`);
    const pictures = new Set<string>();
    for (const title of titles) {
      const place = join(folder, title);
      expect(readdirSync(place).sort()).toEqual([...names].sort());
      for (const name of names) {
        const picture = readFileSync(join(place, name));
        expect(picture.toString("latin1", 0, 2)).toBe("BM");
        expect(picture.readUInt32LE(2)).toBe(picture.length);
        expect(picture).toEqual(
          readFileSync(join(folder, titles[0] ?? "", name)),
        );
        pictures.add(picture.toString("latin1"));
      }
    }
    expect(pictures.size).toBe(names.length);

    // A line of progress for each, in both runs.
    for (const [i, bar] of ["##", "####"].entries()) {
      const line = `^\\[${bar.padEnd(20, "-")}\\] ${i + 1}/10 \\S`;
      expect(stdout.match(new RegExp(line, "gm"))).toHaveLength(2);
    }
    expect(stdout.match(/^\[#{20}\] 10\/10 /gm)).toHaveLength(2);

    // What the course quotes, but for the figures and the bars.
    const course = readFileSync(`${root}/examples/README.md`, "utf8");
    const [, quote = ""] =
      /^```text\n(one after [^]*?)^```$/m.exec(course) ?? [];
    const plain = (text: string): string =>
      text.replaceAll(/\d+ ms|[ #]{50}/g, "");
    const parts = plain(quote).split("...\n");
    expect(parts).toHaveLength(2);
    for (const part of parts) expect(plain(stdout)).toContain(part);

    const [slow, quick] = waterfalls(stdout);
    if (!slow || !quick) throw new Error(stdout);
    for (const { rows } of [slow, quick]) {
      expect(rows.map(({ name }) => name)).toEqual([
        ...names,
        "9-missing.bmp",
        "10-about.html",
      ]);
      for (const { result } of rows.slice(0, 8))
        expect(result).toMatch(/^\d+ ms$/);
      expect(rows.slice(8).map(({ result }) => result)).toEqual([
        "status 404",
        "text/html; charset=utf-8 is no picture",
      ]);
    }
    // What the delays of site.ts must come to, and no more than must be so.
    expect(slow.totalMs).toBeGreaterThan(1500);
    expect(quick.totalMs).toBeGreaterThan(240);
    expect(quick.totalMs).toBeLessThan(slow.totalMs);
    for (const [i, { start }] of slow.rows.entries()) {
      const before = slow.rows[i - 1];
      if (before) expect(start).toBeGreaterThanOrEqual(before.end - 1);
    }
    const firstEnd = Math.min(...quick.rows.map(({ end }) => end));
    for (const { start } of quick.rows) expect(start).toBeLessThan(firstEnd);
  });

  // Ctrl-C in the first run: below, with one that never answers.
  test.each([
    ["SIGKILL", /^\[#+-+\] 2\/10/],
    ["SIGINT", /^all at once$/],
  ] as const)("%s ends it at once, and its site", async (signal, line) => {
    await using program = sureToEnd(new Program(file, ["--out", newFolder()]));
    await program.match(line);
    const start = performance.now();
    program.process.kill(signal);
    expect(await program.ended).toMatchObject({ signal, stderr: "" });
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe.concurrent("with given URLs", () => {
  test("on a terminal the bar grows in place", async ({ skip }) => {
    if (!isInstalled("python3")) skip(printed("python3 is not installed"));
    const server = createHttpServer((request, response) => {
      response.setHeader("Content-Type", "image/gif").end(request.url);
    });
    const origin = await listening(server);
    try {
      const spawn = "import pty, sys; pty.spawn(sys.argv[1:])";
      const node = [process.execPath, "--import", loader, file];
      const urls = ["/a", "/b", "/c", "/d"].map((path) => origin + path);
      const args = ["-c", spawn, ...node, "--out", newFolder(), ...urls];
      await using lesson = new Command("python3", args);
      const { text } = await lesson.output.rest();
      const bars = text.match(/\r\x1b\[K\[#*-*\] \d\/4 [^\r\n]*/g);
      expect(bars).toHaveLength(8);
      expect(text.match(/\]\s+\d\/4 [^\r\n]*\r\n/g)).toHaveLength(2);
    } finally {
      server.close();
    }
  });

  test("what goes wrong is told in a line, and the rest goes on", async () => {
    const picture = "\x89PNG and so on";
    const type = "Content-Type: image/png\r\n";
    const answers = new Map([
      ["/no-type.png", "HTTP/1.1 200 OK\r\n\r\nhello"],
      [
        "/cut-off.png",
        `HTTP/1.1 200 OK\r\n${type}Content-Length: 99\r\n\r\nhello`,
      ],
      ["/moved.png", "HTTP/1.1 301 Moved\r\nLocation: /good.png\r\n\r\n"],
      ["/escape.png", `HTTP/1.1 200 OK\r\nContent-Type: \x9b31m\r\n\r\n`],
      ["/nonsense.png", "hello"],
      ["/nothing.png", ""],
    ]);
    const lines = `HTTP/1.1 200 OK\r\n${type}Content-Length: ${picture.length}\r\n\r\n`;
    const server = createServer((socket) => {
      socket.on("error", () => undefined).setEncoding("latin1");
      socket.once("data", (text: string) => {
        const [, target = ""] = text.split(" ");
        if (target === "/reset.png") socket.resetAndDestroy();
        else socket.end(answers.get(target) ?? lines + picture, "latin1");
      });
    });
    const origin = await listening(server);
    const other = createServer();
    const refused = await listening(other);
    other.close();
    await once(other, "close");
    try {
      const folder = newFolder();
      const { code, stdout, stderr } = await run(
        ...[
          "--out",
          join(folder, "new", "folder"),
          `${origin}/first.png?size=2#x`,
        ],
        ...[...answers.keys(), "/reset.png"].map((path) => origin + path),
        `${refused}/refused.png`,
        ...[
          "/..%2f..%2fevil.png",
          "/%2e%2e/..",
          "//../%5c.png",
          `/${"long".repeat(99)}`,
        ].map((path) => origin + path),
        `${origin}/first.png`,
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(readdirSync(folder)).toEqual(["new"]);
      expect(readdirSync(join(folder, "new"))).toEqual(["folder"]);
      for (const title of titles) {
        const place = join(folder, "new", "folder", title);
        const good = readdirSync(place).sort();
        expect(good).toEqual(
          [
            "1-first.png",
            "10-..2f..2fevil.png",
            "11-",
            "12-5c.png",
            `13-${"long".repeat(10)}`,
            "14-first.png",
          ].sort(),
        );
        for (const name of good)
          expect(readFileSync(join(place, name), "latin1")).toBe(picture);
      }
      const results = waterfalls(stdout).map(({ rows }) =>
        rows.map(({ result }) => result),
      );
      for (const [i, result] of [...results.entries()]) {
        expect(result).toHaveLength(14);
        expect(result[1]).toBe("nothing is no picture");
        expect(result[2]).not.toMatch(/^\d+ ms$/);
        expect(result[3]).toBe("status 301");
        expect(result[4]).toMatch(/^[ -~]+$/);
        expect(result[4]).not.toMatch(/^\d+ ms$/);
        for (const failed of result.slice(5, 9)) {
          expect(failed).not.toMatch(/^\d+ ms$/);
          expect(failed).toMatch(/^[ -~]+$/);
        }
        expect(result[8]).toContain("ECONNREFUSED");
        if (i === 0) {
          expect(result[2]).toBe("the answer was cut off");
          expect(result[5]).toBe("this is no HTTP");
          expect(result[7]).toContain("ECONNRESET");
        }
      }
      expect(stdout).not.toMatch(/[^ -~\n]/);
    } finally {
      server.close();
    }
  });

  test("one that never answers does not outlive Ctrl-C", async () => {
    const server = createServer();
    const origin = await listening(server);
    try {
      await using program = sureToEnd(
        new Program(file, ["--out", newFolder(), `${origin}/a.png`]),
      );
      await once(server, "connection");
      program.process.kill("SIGINT");
      expect(await program.ended).toMatchObject({
        signal: "SIGINT",
        stderr: "",
      });
    } finally {
      server.close();
    }
  });

  test("one at a time is one at a time, and all are all", async () => {
    let underWay = 0;
    const most: number[] = [];
    const waiting: (() => void)[] = [];
    const server = createHttpServer((request, response) => {
      most.push(++underWay);
      const answer = (): void => {
        underWay--;
        response.setHeader("Content-Type", "image/gif").end(request.url);
      };
      // Of those that come together none is answered before all are there.
      const together = most.length > 5;
      if (together) waiting.push(answer);
      else answer();
      if (waiting.length === 5) for (const go of waiting) go();
    });
    const origin = await listening(server);
    try {
      const urls = ["/a", "/b", "/c", "/d", "/e"].map((path) => origin + path);
      const { code } = await run("--out", newFolder(), ...urls);
      expect(code).toBe(0);
      expect(most).toEqual([1, 1, 1, 1, 1, 1, 2, 3, 4, 5]);
    } finally {
      server.close();
    }
  });

  test("no picture at all is exit code 1; https is asked by fetch() too", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).end("HTTP/1.1 404 Not Found\r\n\r\n");
    });
    const origin = await listening(server);
    try {
      const urls = [origin, origin.replace("http", "https")];
      const runs = urls.map((url) => run("--out", newFolder(), url));
      for (const { code, stdout, stderr } of await Promise.all(runs)) {
        expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
        expect(stdout).not.toMatch(/\| \d+ ms$/m);
      }
    } finally {
      server.close();
    }
  });

  test.each([
    [["nonsense"]],
    [["--nonsense"]],
    [["--out"]],
    [["--out", "/dev/null"]],
  ])("%j is one clear line and exit code 1", async (args) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^Cannot begin with .+\n$/);
    expect(stderr).toContain(args.join(" "));
  });
});
