import { once } from "node:events";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as wallClock } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { loader, Program } from "../helpers/programs.ts";
import { HttpClient, request } from "./http.ts";
import {
  Command,
  cpuTimeMs,
  LessonServer,
  openFiles,
  root,
  sureToEnd,
} from "./lessons.ts";

const file = "13-web-app/index.ts";
const folder = new URL("../../examples/13-web-app/", import.meta.url);

function page(name: string): string {
  return readFileSync(new URL(`pages/${name}`, folder), "latin1");
}

/** One request, its answer, and how the connection then stands. */
async function ask(server: LessonServer, text: string, hasBody = true) {
  using client = await HttpClient.connect(server.port);
  await client.say(text);
  return await server.during(client.answer(hasBody));
}

/** A request that must be the last: its answer, and all that comes after it. */
async function askLast(server: LessonServer, text: string, hasBody = true) {
  using client = await HttpClient.connect(server.port);
  await client.say(text);
  const answer = await server.during(client.answer(hasBody));
  expect(answer.headers.get("connection")).toBe("close");
  expect(await server.during(client.rest())).toEqual({ text: "", end: "EOF" });
  return answer;
}

async function expectInGoodHealth(server: LessonServer): Promise<void> {
  expect(await ask(server, request("/blog"))).toMatchObject({
    status: 200,
    body: page("blog.html"),
  });
  server.program.process.kill("SIGINT");
  expect(await server.program.ended).toMatchObject({
    signal: "SIGINT",
    stderr: "",
  });
}

const temporary: string[] = [];

/** The lesson with pages of one's own: the folder of the pages. */
function copy(): { readonly lesson: string; readonly pages: string } {
  const place = mkdtempSync(join(tmpdir(), "web-app-"));
  temporary.push(place);
  cpSync(folder, place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  const lesson = relative(join(root, "examples"), join(place, "index.ts"));
  return { lesson, pages: join(place, "pages") };
}

afterAll(() => {
  for (const place of temporary) rmSync(place, { recursive: true });
});

/** Requests with a body to come, and how they are answered. */
const bodies = [
  [405, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: x\r\ncontent-length:  34 \r\n\r\n"],
  [
    400,
    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 34\r\n\r\n",
  ],
  [411, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"],
  [411, "POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n"],
] as const;

const nonsense = [
  ["no HTTP", "hello\r\n\r\n"],
  ["no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["another HTTP", "PRI * HTTP/2.0\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  ["two hosts", "GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n"],
  ["no header", "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"],
  ["a space too many", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"],
  ["a line too many", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"],
  ["a lone CR", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rHost: y\r\n\r\n"],
  ["bytes", "\x00\x01\xff\xfe\r\n\r\n"],
  // As many colons as may be: no pattern may try all ways to read them.
  ["many colons", `GET / HTTP/1.1\r\n${"a:b:c:d:e\r\n".repeat(500)}x\r\n\r\n`],
] as const;

describe("the lesson", () => {
  test.concurrent(
    "serves its pages, with all that HTTP asks of an answer",
    async () => {
      await using server = await LessonServer.start(file);
      for (const [target, name, type] of [
        ["/", "index.html", "text/html; charset=utf-8"],
        ["/blog", "blog.html", "text/html; charset=utf-8"],
        ["/blog?page=2#top", "blog.html", "text/html; charset=utf-8"],
        ["/%62log", "blog.html", "text/html; charset=utf-8"],
        ["http://elsewhere/blog", "blog.html", "text/html; charset=utf-8"],
        ["/style.css", "style.css", "text/css; charset=utf-8"],
        ["/./x/../style.css", "style.css", "text/css; charset=utf-8"],
      ] as const) {
        const { status, headers, body } = await ask(server, request(target));
        expect(status).toBe(200);
        expect(body).toBe(page(name));
        expect(headers.get("content-type")).toBe(type);
        expect(headers.get("content-length")).toBe(String(body.length));
        expect(headers.has("connection")).toBe(false);
        const date = Date.parse(headers.get("date") ?? "");
        expect(Math.abs(Date.now() - date)).toBeLessThan(600_000);
      }
      // Some letters of the blog are more than one byte.
      expect(
        Buffer.from(page("blog.html"), "latin1").toString().length,
      ).toBeLessThan(page("blog.html").length);
    },
  );

  test.concurrent("answers HEAD as GET, without the body", async () => {
    await using server = await LessonServer.start(file);
    using client = await HttpClient.connect(server.port);
    await client.say(
      request("/", "HEAD") + request("/nowhere", "HEAD") + request("/"),
    );
    const { status, headers } = await server.during(client.answer(false));
    expect(status).toBe(200);
    expect(headers.get("content-length")).toBe(
      String(page("index.html").length),
    );
    expect(await server.during(client.answer(false))).toMatchObject({
      status: 404,
    });
    expect(await server.during(client.answer())).toMatchObject({
      status: 200,
      body: page("index.html"),
    });
  });

  test.concurrent("knows neither other pages nor other methods", async () => {
    await using server = await LessonServer.start(file);
    using client = await HttpClient.connect(server.port);
    await client.say(request("/nowhere") + request("/"));
    expect(await server.during(client.answer())).toMatchObject({
      status: 404,
      body: "Not Found\n",
    });
    expect(await server.during(client.answer())).toMatchObject({ status: 200 });
    for (const method of ["POST", "DELETE", "OPTIONS", "get", "M-SEARCH"]) {
      const { status, headers } = await askLast(server, request("/", method));
      expect(status).toBe(405);
      expect(headers.get("allow")).toBe("GET, HEAD");
    }
  });

  test.concurrent("never takes a body for a request", async () => {
    await using server = await LessonServer.start(file);
    for (const [status, head] of bodies) {
      const body = request("/blog").padEnd(34, "\n");
      expect(await askLast(server, head + body)).toMatchObject({ status });
      // Also if it comes later, and is more than anybody wants to read.
      using client = await HttpClient.connect(server.port);
      await client.say(head);
      expect(await server.during(client.answer())).toMatchObject({ status });
      await client.say(request("/blog").repeat(5000));
      client.end();
      expect(await server.during(client.rest())).toEqual({
        text: "",
        end: "EOF",
      });
    }
    await expectInGoodHealth(server);
  });

  test.concurrent(
    "takes a request in pieces, and several in one piece",
    async () => {
      await using server = await LessonServer.start(file);
      using slow = await HttpClient.connect(server.port);
      using other = await HttpClient.connect(server.port);
      for (const byte of request("/blog")) {
        await slow.say(byte);
        await other.say(request("/"));
        expect(await server.during(other.answer())).toMatchObject({
          status: 200,
        });
      }
      expect(await server.during(slow.answer())).toMatchObject({
        body: page("blog.html"),
      });
      const names = ["index.html", "blog.html", "style.css"] as const;
      const targets = ["/", "/blog", "/style.css"];
      await slow.say(
        targets
          .map((target) => request(target))
          .join("")
          .repeat(200),
      );
      for (let i = 0; i < 600; i++) {
        const { body } = await server.during(slow.answer());
        expect(body).toBe(page(names[i % 3] ?? ""));
      }
      await expectInGoodHealth(server);
    },
  );

  test.concurrent("keeps a connection, unless it is not to", async () => {
    await using server = await LessonServer.start(file);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const ports = new Set<number | undefined>();
      for (let i = 0; i < 5; i++) {
        const asked = get({ port: server.port, path: "/blog", agent });
        const [answer] = (await once(asked, "response")) as [IncomingMessage];
        ports.add(answer.socket.localPort);
        let text = "";
        for await (const piece of answer.setEncoding("latin1"))
          text += String(piece);
        expect(text).toBe(page("blog.html"));
      }
      expect(ports.size).toBe(1);
    } finally {
      agent.destroy();
    }
    for (const head of [
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.0\n\n", // as one types it into nc
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nconnection: x, Close\r\n\r\n",
    ]) {
      const { status, body } = await askLast(server, head + request("/blog"));
      expect({ status, body }).toEqual({
        status: 200,
        body: page("index.html"),
      });
    }
    const empty =
      "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    expect(await ask(server, empty)).toMatchObject({ status: 200 });
  });

  test.concurrent("answers nonsense with 400", async () => {
    await using server = await LessonServer.start(file);
    for (const [what, text] of nonsense) {
      const { status } = await askLast(server, text + request("/"));
      expect([what, status]).toEqual([what, 400]);
    }
    await expectInGoodHealth(server);
  });

  test.concurrent("does not read a request that goes on and on", async () => {
    await using server = await LessonServer.start(file);
    const line = "X-Header: and so on and so on and so on\r\n";
    const head = `GET / HTTP/1.1\r\nHost: x\r\n${line.repeat(300)}`;
    for (const text of [
      head,
      `${head}\r\n`,
      "x".repeat(9000),
      "\r\n".repeat(5000),
    ])
      expect(await askLast(server, text)).toMatchObject({ status: 431 });
    const long = `GET / HTTP/1.1\r\nHost: x\r\n${line.repeat(180)}\r\n`;
    expect(await ask(server, long)).toMatchObject({ status: 200 });
    await expectInGoodHealth(server);
  });

  const outside = [
    "/../index.ts",
    "/../../../package.json",
    "/%2e%2e/index.ts",
    "/.%2E/index.ts",
    "/..%2findex.ts",
    "/..%2Findex.ts",
    "/x/..%2f..%2findex.ts",
    "/..\\index.ts",
    "/..%5cindex.ts",
    "/%2fetc%2fpasswd",
    "//etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "http://x/../index.ts",
    "../index.ts",
    "/index.html%00",
    "/style.css%2f..%2f..%2findex.ts",
    "/x%2f..%2fstyle.css", // within, but no name has a slash in it
    "/%",
    "/%ff",
    "/.",
    "*",
  ];

  test.concurrent("gives nothing from outside of its folder", async () => {
    await using server = await LessonServer.start(file);
    for (const target of outside) {
      const { status, body } = await ask(server, request(target));
      const expected = target === "/." ? 200 : 404; // that is the folder itself
      expect([target, status]).toEqual([target, expected]);
      expect(body).not.toContain("createServer");
    }
    await expectInGoodHealth(server);
  });

  test.concurrent(
    "follows no link out of its folder, and reads each page anew",
    async () => {
      const { lesson, pages } = copy();
      symlinkSync("../index.ts", join(pages, "out.html"));
      symlinkSync("..", join(pages, "up"));
      symlinkSync("style.css", join(pages, "in.css"));
      symlinkSync("loop.html", join(pages, "loop.html"));
      await using server = await LessonServer.start(
        `../${lesson}`.replace(/^.*/, lesson),
      );
      for (const target of ["/out.html", "/up/index.ts", "/up", "/loop.html"])
        expect(await ask(server, request(target))).toMatchObject({
          status: 404,
        });
      expect(await ask(server, request("/in.css"))).toMatchObject({
        body: page("style.css"),
      });
      for (const text of ["one", "two", ""]) {
        writeFileSync(join(pages, "index.html"), text);
        expect(await ask(server, request("/"))).toMatchObject({ body: text });
      }
      rmSync(join(pages, "index.html"));
      expect(await ask(server, request("/"))).toMatchObject({ status: 404 });
    },
  );

  test.concurrent(
    "a large page arrives whole, and who is slow holds up nobody",
    async () => {
      const { lesson, pages } = copy();
      const large = Array.from(
        { length: 1_000_000 },
        (_, i) => `line ${i}\n`,
      ).join("");
      writeFileSync(join(pages, "large.html"), large);
      await using server = await LessonServer.start(lesson);
      using slow = await HttpClient.connect(server.port);
      slow.pause();
      await slow.say(request("/large.html") + request("/blog"));
      for (let i = 0; i < 50; i++)
        expect(await ask(server, request("/"))).toMatchObject({ status: 200 });
      slow.resume();
      slow.end();
      const { text, end } = await server.during(slow.rest());
      expect(end).toBe("EOF");
      const [, first = "", ...rest] = text.split("\r\n\r\n");
      expect(first.startsWith(large)).toBe(true);
      expect(first.slice(large.length)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(rest).toEqual([page("blog.html")]);
      await expectInGoodHealth(server);
    },
  );

  test.concurrent(
    "who asks and asks and never reads is not read any more",
    async () => {
      await using server = await LessonServer.start(file);
      using greedy = await HttpClient.connect(server.port);
      greedy.pause();
      let said = 0;
      const isOver = new AbortController();
      const flood = async (): Promise<void> => {
        const many = request("/blog").repeat(100);
        for (; !isOver.signal.aborted; said++) await greedy.say(many);
      };
      flood().catch(() => undefined); // it ends with its connection
      let before = -1;
      let answersSince = 0;
      while (answersSince < 300) {
        answersSince = said === before ? answersSince + 1 : 0;
        before = said;
        expect(await ask(server, request("/"))).toMatchObject({ status: 200 });
      }
      isOver.abort();
      greedy.reset();
      await expectInGoodHealth(server);
    },
  );

  test.concurrent(
    "an empty connection and rude clients do no harm",
    async () => {
      await using server = await LessonServer.start(file);
      using silent = await HttpClient.connect(server.port);
      for (let i = 0; i < 20; i++) {
        using empty = await HttpClient.connect(server.port);
        empty.end();
        expect(await server.during(empty.rest())).toEqual({
          text: "",
          end: "EOF",
        });
        using half = await HttpClient.connect(server.port);
        await half.say("GET / HT");
        half.end();
        expect(await server.during(half.rest())).toEqual({
          text: "",
          end: "EOF",
        });
        using resetting = await HttpClient.connect(server.port);
        await resetting.say(request("/").repeat(30));
        resetting.reset();
        using gone = await HttpClient.connect(server.port);
        await gone.say("GET / HTTP/1.0\r\n\r\n");
      }
      using closing = await HttpClient.connect(server.port);
      await closing.say(request("/").repeat(3));
      closing.end();
      const { text, end } = await server.during(closing.rest());
      expect(end).toBe("EOF");
      expect(text.split(page("index.html"))).toHaveLength(4);
      await silent.say(request("/"));
      expect(await server.during(silent.answer())).toMatchObject({
        status: 200,
      });
      await expectInGoodHealth(server);
    },
  );

  test.concurrent("1,100 clients at once all get their page", async () => {
    await using server = await LessonServer.start(file);
    using polite = await HttpClient.connect(server.port);
    await polite.say(request("/"));
    polite.end();
    expect(await server.during(polite.rest())).toMatchObject({ end: "EOF" });
    const before = openFiles(server.program.pid);
    const clients: HttpClient[] = [];
    for (let i = 0; i < 1100; i++)
      clients.push(await HttpClient.connect(server.port));
    for (const client of clients) await client.say(request("/blog"));
    for (const client of clients) {
      const { body } = await server.during(client.answer());
      expect(body).toBe(page("blog.html"));
    }
    for (const client of clients) client.end();
    for (const client of clients) await server.during(client.rest());
    expect(openFiles(server.program.pid)).toBe(before);
    await expectInGoodHealth(server);
  });

  test.concurrent(
    "with no descriptors left, it goes on when somebody leaves",
    async () => {
      const { execPath } = process;
      await using program = new Command("/bin/sh", [
        "-c",
        `echo "I am $$"; ulimit -n 100; exec "$0" --import ${loader} "$1" 0`,
        execPath,
        `examples/${file}`,
      ]);
      const [, pid] = await program.output.take(/I am (\d+)\n/);
      const [, port] = await program.output.take(/Listening on .*:(\d+)\n/);
      const clients: HttpClient[] = [];
      try {
        for (let i = 0; i < 120; i++)
          clients.push(await HttpClient.connect(Number(port)));
        // Those for whom there is no room don't keep it busy.
        const before = cpuTimeMs(Number(pid));
        await wallClock(500);
        expect(cpuTimeMs(Number(pid)) - before).toBeLessThan(250);
        const statuses = clients.map(async (client) => {
          await client.say(request("/"));
          const { status } = await client.answer();
          client.end(); // makes room for another
          return status;
        });
        // 200, or 503 where there was none left to open the page with.
        for (const status of await Promise.all(statuses))
          expect([200, 503]).toContain(status);
      } finally {
        for (const client of clients) client[Symbol.dispose]();
      }
      using client = await HttpClient.connect(Number(port));
      await client.say(request("/"));
      expect(await client.answer()).toMatchObject({ status: 200 });
      program.signal("SIGINT");
      expect(await program.ended).toMatchObject({ signal: "SIGINT" });
    },
  );

  test.concurrent(
    "a port that is taken, or none, is one clear line",
    async () => {
      await using server = await LessonServer.start(file);
      for (const port of [String(server.port), "abc"]) {
        const args = [port];
        await using program = sureToEnd(new Program(`examples/${file}`, args));
        const { code, stdout, stderr } = await program.ended;
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(stderr).toMatch(
          new RegExp(`^Cannot listen on port ${port}: .+\n$`),
        );
      }
      await expectInGoodHealth(server);
    },
  );

  test.concurrent("takes no processor time while nobody asks", async () => {
    await using server = await LessonServer.start(file);
    using first = await HttpClient.connect(server.port);
    using last = await HttpClient.connect(server.port);
    await last.say("GET / HTTP/1.0\r\n\r\n");
    expect(await server.during(last.answer())).toMatchObject({ status: 200 });
    await first.say("GET");
    const before = cpuTimeMs(server.program.pid);
    await server.during(wallClock(1000));
    expect(cpuTimeMs(server.program.pid) - before).toBeLessThan(50);
  });
});
