/** A program under the scope: what is told of it, and what it can be told. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { Client } from "../lessons/clients.ts";
import { Watched } from "./watched.ts";

const folder = mkdtempSync(join(tmpdir(), "posix-select-scope-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a lesson with select()", () => {
  test("its descriptors, its sleep, what wakes it, and the bytes are told", async () => {
    await using lesson = await Watched.start("3");
    const start = await lesson.until("start");
    expect(start.pid).toBe(lesson.program.pid);
    expect(start.program).toMatch(/03-select\.ts$/);
    const listener = await lesson.until("lane");
    expect(listener.kind).toBe("listener");
    expect(listener.name).toBe(`listener 127.0.0.1:${String(lesson.port)}`);
    const sleep = await lesson.until("wait");
    expect(sleep).toMatchObject({ mechanism: "select", isBlocking: true });
    expect(sleep).toMatchObject({ timeoutMs: null, watched: 1 });

    using client = await Client.connect(lesson.port);
    const { lane } = await lesson.until(
      "lane",
      ({ kind }) => kind === "connection",
    );
    const woken = await lesson.until("wake");
    expect(woken.turn).toBe(sleep.turn);
    expect(woken.ready).toEqual([[listener.lane, 1, null]]);
    const watched = await lesson.until("watch", (event) => event.lane === lane);
    expect(watched.events).toBe(1);

    client.say("hello\n");
    expect(await client.reply()).toBe("Hello world\n");
    const received = await lesson.until("io", (io) => io.operation === "recv");
    expect(received).toMatchObject({ lane, bytes: 6, preview: "hello\\n" });
    const sent = await lesson.until("io", (io) => io.operation === "send");
    expect(sent).toMatchObject({ lane, bytes: 12, error: null });

    client[Symbol.dispose]();
    await lesson.until("close", (event) => event.lane === lane);
    const times = lesson.events.map(({ t }) => t);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("it stands still before its next wait, and goes on step by step", async () => {
    await using lesson = await Watched.start("3");
    using client = await Client.connect(lesson.port);
    client.say("a\n");
    await client.reply();
    // It sleeps; what wakes it is the next turn, before whose wait it stops.
    // However long it has slept: what it is woken for is done first.
    await sleep(700);
    expect(await lesson.command("pause")).toBe(204);
    client.say("b\n");
    await client.reply();
    await lesson.until("pause");
    client.say("c\n");
    const seen = lesson.events.length;
    expect(await lesson.command("step")).toBe(204);
    expect(await client.reply()).toBe("Hello world\n");
    await lesson.until("go", () => true, seen - 1);
    await lesson.until("pause", () => true, seen);
    client.say("d\n");
    expect(client.unread).toBe("");
    await lesson.command("resume");
    expect(await client.reply()).toBe("Hello world\n");
    await lesson.until("go", () => true, lesson.events.length - 1);
    const times = lesson.events.map(({ t }) => t);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("Ctrl-C ends it also while it stands still", async () => {
    await using lesson = await Watched.start("3");
    await lesson.command("pause");
    using client = await Client.connect(lesson.port);
    client.say("a\n");
    await lesson.until("pause");
    lesson.program.process.kill("SIGINT");
    expect((await lesson.program.ended).signal).toBe("SIGINT");
  });
});

describe("a lesson with generators", () => {
  test("each task has the line at which it waits, and its source", async () => {
    await using lesson = await Watched.start("8");
    const source = await lesson.until("source");
    const file = new URL("../../examples/08-generators.ts", import.meta.url);
    expect(source.text).toBe(readFileSync(file, "utf8"));
    const waiting = await lesson.until("suspend");
    const lines = source.text.split("\n");
    expect(lines[waiting.line - 1]).toContain("yield");
    const task = await lesson.until("task", (of) => of.task === waiting.task);
    expect(source.text).toContain(`function* ${task.name}(`);

    using client = await Client.connect(lesson.port);
    client.say("x\n");
    await client.reply();
    const other = await lesson.until("task", (of) => of.task !== task.task);
    client[Symbol.dispose]();
    await lesson.until("done", (of) => of.task === other.task);
  });
});

test.each(["4", "5", "6", "15", "17"])(
  "lesson %s has lanes, turns and bytes",
  async (number) => {
    await using lesson = await Watched.start(number);
    using client = await Client.connect(lesson.port);
    client.say("hello\n");
    await client.reply();
    await lesson.until("lane", ({ kind }) => kind === "listener");
    await lesson.until("lane", ({ kind }) => kind === "connection");
    await lesson.until("wake", ({ ready }) => ready.length > 0);
    await lesson.until("io", ({ operation }) => operation === "send");
  },
);

describe("who may look", () => {
  interface Answer {
    readonly status: number | undefined;
    readonly headers: NodeJS.Dict<string | string[]>;
  }

  function ask(
    url: string,
    headers: Record<string, string>,
    method = "GET",
    body = "",
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request(url, { headers, method }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, headers: response.headers });
        if (url.endsWith("events")) response.destroy();
      })
        .on("error", reject)
        .end(body);
    });
  }

  test("only who knows the token, and by this machine's own name", async () => {
    await using lesson = await Watched.start("3");
    const { url } = lesson;
    const { host, port } = new URL(url);
    const token = new URL(url).pathname.slice(1, -1);
    const origin = `http://${host}`;
    const json = { "Content-Type": "application/json" };
    const pause = '{"command":"pause"}';
    expect((await ask(url, {})).status).toBe(200);
    expect((await ask(url, { Host: `localhost:${port}` })).status).toBe(200);
    for (const bad of [
      `${origin}/`,
      `${origin}/events`,
      `${origin}/${token.slice(1)}x/events`,
      `${origin}/${token}x/`,
      `${origin}/${token}/../${token}/server.ts`,
      `${origin}/${token}/%2e%2e/server.ts`,
      `${origin}/${token}/page.ts`,
      `${origin}/${token}/a/b`,
    ]) {
      expect((await ask(bad, {})).status, bad).toBe(404);
    }
    for (const name of ["evil.example", `evil.example:${port}`, "127.0.0.1"]) {
      expect((await ask(url, { Host: name })).status, name).toBe(421);
      const events = await ask(`${url}events`, { Host: name });
      expect(events.status, name).toBe(421);
    }
    const control = `${url}control`;
    const foreign = { ...json, Origin: "http://evil.example" };
    expect((await ask(control, foreign, "POST", pause)).status).toBe(403);
    const form = { "Content-Type": "text/plain" };
    expect((await ask(control, form, "POST", pause)).status).toBe(403);
    expect((await ask(control, json, "GET")).status).toBe(405);
    for (const body of ["", "{", "[]", "null", '{"command":"exit"}']) {
      expect((await ask(control, json, "POST", body)).status, body).toBe(400);
    }
    const own = { ...json, Origin: origin };
    expect((await ask(control, own, "POST", pause)).status).toBe(204);
    const { headers } = await ask(url, {});
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  test("it listens on the loopback interface only", async () => {
    await using lesson = await Watched.start("3");
    const socket = connect({
      host: "127.0.0.2",
      port: Number(new URL(lesson.url).port),
    });
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });
});

describe("files", () => {
  test("trace and report are whole whenever the program is killed", async () => {
    const trace = join(folder, "trace.json");
    const report = join(folder, "report.html");
    await using lesson = await Watched.start(
      "3",
      ...["--trace", trace, `--report=${report}`],
    );
    using client = await Client.connect(lesson.port);
    client.say("</script>\n");
    await client.reply();
    await lesson.until("io", ({ operation }) => operation === "send");
    lesson.program.process.kill("SIGINT");
    await lesson.program.ended;

    const events = JSON.parse(readFileSync(trace, "utf8")) as object[];
    expect(events).toContainEqual(
      expect.objectContaining({ name: "select", ph: "X", cat: "wait" }),
    );
    const page = readFileSync(report, "utf8");
    expect(page).not.toMatch(/<(link|script)[^>]*(href|src)="(?!data:)/);
    const [, recorded = ""] =
      /id="recorded">([^<]*)<\/script>/.exec(page) ?? [];
    const list = JSON.parse(recorded) as { type: string; preview?: string }[];
    expect(list[0]?.type).toBe("start");
    expect(list.map(({ preview }) => preview)).toContain("</script>\\n");
  });

  test("they are for the user's eyes only", async () => {
    const trace = join(folder, "private.json");
    await using run = new Program("test/programs/scoped.ts", [], {
      POSIX_SELECT_SCOPE_PORT: "off",
      POSIX_SELECT_SCOPE_TRACE: trace,
    });
    await run.ended;
    expect(statSync(trace).mode & 0o777).toBe(0o600);
  });

  test("a file that can't be written is told of, and the program runs", async () => {
    await using lesson = await Watched.start(
      "3",
      "--trace",
      join(folder, "no/trace.json"),
    );
    await lesson.program.warned(/scope: ENOENT/);
    using client = await Client.connect(lesson.port);
    client.say("x\n");
    expect(await client.reply()).toBe("Hello world\n");
  });
});

describe("any program", () => {
  const program = "test/programs/scoped.ts";

  test("one that ends by itself ends, and all of it is in its trace", async () => {
    const trace = join(folder, "ended.json");
    await using run = new Program(program, [], {
      POSIX_SELECT_SCOPE_PORT: "off",
      POSIX_SELECT_SCOPE_TRACE: trace,
    });
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "done\n",
      stderr: "",
    });
    const events = JSON.parse(readFileSync(trace, "utf8")) as {
      name: string;
    }[];
    const names = events.map(({ name }) => name);
    expect(names).toContain("PollSelector");
    expect(names).toContain("EpollSelector");
    expect(names.at(-1)).toBe("end");
  });

  test("a port that is none is refused, and one that is taken is told of", async () => {
    await using wrong = new Program(program, [], {
      POSIX_SELECT_SCOPE_PORT: "x",
    });
    const refused = await wrong.ended;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("POSIX_SELECT_SCOPE_PORT");
    await using lesson = await Watched.start("3");
    const { port } = new URL(lesson.url);
    await using taken = new Program(program, [], {
      POSIX_SELECT_SCOPE_PORT: port,
    });
    const ended = await taken.ended;
    expect(ended.stderr).toMatch(/^scope: .*EADDRINUSE/);
    expect(ended.code).toBe(0);
  });
});
