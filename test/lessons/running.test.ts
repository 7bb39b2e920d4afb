import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { Program } from "../helpers/programs.ts";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
import {
  Command,
  isLong,
  lessons,
  LessonServer,
  printed,
  root,
  sureToEnd,
} from "./lessons.ts";

/** The port of a lesson that is told none. */
const defaultPort = 5001;

/** What the runner knows: files and folders whose names begin so. */
const present = readdirSync(`${root}/examples`)
  .filter((name) => /^\d\d-/.test(name))
  .sort()
  .map((name) => (name.endsWith(".ts") ? name : `${name}/index.ts`));

/** A line of the list: the lesson's name, and what is new in it. */
const listed = present.map(
  (file) =>
    new RegExp(`^${file.replace(/(\/index)?\.ts$/, "")} +\\S.*[^.]$`, "m"),
);

/** What a program prints that could not begin: one line that says so. */
async function expectOneClearLine(
  program: Program,
  said: string | RegExp,
): Promise<void> {
  const { code, signal, stdout, stderr } = await program.ended;
  expect(stderr).toMatch(said);
  expect(stderr).toMatch(/^.+\n$/); // and no stack below it
  expect({ code, signal, stdout }).toEqual({
    code: 1,
    signal: null,
    stdout: "",
  });
}

function portInUse(port: number): RegExp {
  return new RegExp(`port ${port}: .*EADDRINUSE`);
}

/** Does `work` while the default port is taken: by us, or already by others. */
async function whileDefaultPortIsTaken(
  work: (byUs: boolean) => Promise<void> | void,
): Promise<void> {
  const server = createServer();
  const byUs = await new Promise<boolean>((resolve, reject) => {
    server
      .once("listening", () => {
        resolve(true);
      })
      .once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE") resolve(false);
        else reject(error);
      })
      .listen(defaultPort, "127.0.0.1");
  });
  try {
    await work(byUs);
  } finally {
    if (byUs) {
      server.close();
      await once(server, "close");
    }
  }
}

/** The lessons that answer as the first one does; the others have own tests. */
const servers = new Set(lessons.map(({ file }) => file));

test("every lesson is driven by tests", () => {
  const own = readdirSync(`${root}/test/lessons`);
  for (const file of present) {
    const test = `${file.replace(/(\/index)?\.ts$/, "")}.test.ts`;
    expect(servers.has(file) || own.includes(test), file).toBe(true);
  }
});

describe("npm run lesson", () => {
  test("lists every lesson with what it is about", async () => {
    await using npm = new Command("npm", ["run", "lesson"]);
    expect(await npm.ended).toEqual({ code: 0, signal: null });
    const { text } = await npm.output.rest();
    for (const line of listed) expect(text).toMatch(line);
    expect(text).toContain("npm run lesson 3 [port]");
  });

  test.each(["0", "99", "1.5", "-3", "select"])(
    "%s is no lesson: one line says so, the list follows, exit code 1",
    async (number) => {
      await using program = sureToEnd(
        new Program("scripts/lesson.ts", [number]),
      );
      const { code, signal, stdout, stderr } = await program.ended;
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr.trimEnd()).toMatch(/^There is no lesson .+$/);
      expect(stderr).toContain(` ${number}.`);
      for (const line of listed) expect(stdout).toMatch(line);
    },
  );

  test("the lesson that it runs gets the port", async () => {
    await using program = sureToEnd(
      new Program("scripts/lesson.ts", ["3", "abc"]),
    );
    await expectOneClearLine(program, "port abc");
  });

  test("3 0 runs lesson 3 until Ctrl-C, and the port is free again", async () => {
    await using npm = new Command("npm", ["run", "lesson", "3", "0"]);
    const [, found] = await npm.output.take(
      /Listening on 127\.0\.0\.1:(\d+)\n/,
    );
    const port = Number(found);
    expect(await polite(port)).toEqual(politeAnswers);
    npm.signal("SIGINT"); // a terminal's Ctrl-C goes to all of them
    const { text } = await npm.output.rest();
    expect(text).not.toMatch(/^ {4}at /m);
    await npm.ended;
    await using again = await LessonServer.start("03-select.ts", port);
    expect(again.port).toBe(port);
  });
});

/** Servers that do more than answer: their own tests tell what. */
const others = [
  "13-web-app/index.ts",
  "18-cpu-and-workers/index.ts",
  "19-chat.ts",
  "21-shutdown.ts",
  "22-many-processes/index.ts",
];

// The other tests start what was compiled for all of them.
test.each([...servers, ...others])(
  "%s, as npm run lesson starts it, listens until Ctrl-C",
  async (file) => {
    const args = [String(Number.parseInt(file, 10)), "0"];
    await using program = sureToEnd(
      new Program("scripts/lesson.ts", args, {}, "tsx"),
    );
    const [, port] = await program.match(/^Listening on .*:(\d+)/);
    if (servers.has(file)) {
      expect(await polite(Number(port))).toEqual(politeAnswers);
    }
    program.process.kill("SIGINT");
    expect(await program.ended).toMatchObject({ stderr: "" });
  },
);

test("npm start is lesson 3 on the default port", async ({ skip }) => {
  const taken = `somebody else has port ${defaultPort}`;
  await whileDefaultPortIsTaken((byUs) => {
    if (!byUs) skip(printed(taken));
  });
  await using npm = new Command("npm", ["start"]);
  const [, file, port] = await npm.output.take(
    /> .*examples\/(\S+)[^]*(?:Listening on 127\.0\.0\.1:(\d+)|EADDRINUSE)/,
  );
  if (port === undefined) skip(printed(taken)); // since we looked
  expect({ file, port }).toEqual({ file: "03-select.ts", port: "5001" });
  expect(await polite(Number(port))).toEqual(politeAnswers);
});

test.concurrent.each(["-1", "65536", "1.5", ""])(
  "lesson 3: the bad port %s is one clear line and exit code 1",
  async (port) => {
    await using program = sureToEnd(
      new Program("examples/03-select.ts", [port]),
    );
    await expectOneClearLine(program, `port ${port}`);
  },
);

/** Their own way to listen; the others have the same lines, see below. */
const listening = lessons.filter(
  ({ file }) => isLong || /^(03|23)-/.test(file),
);

describe.each(listening)("$file", ({ file }) => {
  test("a port in use is one clear line and exit code 1", async () => {
    await using server = await LessonServer.start(file);
    await using program = sureToEnd(
      new Program(`examples/${file}`, [String(server.port)]),
    );
    await expectOneClearLine(program, portInUse(server.port));
    expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  });

  test("a bad port is one clear line and exit code 1", async () => {
    await using program = sureToEnd(new Program(`examples/${file}`, ["abc"]));
    await expectOneClearLine(program, "port abc");
  });

  test("Ctrl-C ends it at once while no client was there", async () => {
    await using server = await LessonServer.start(file);
    await expectCleanEnd(file, server);
  });
});

/** Expects Ctrl-C to end it now, and a new run to get its port at once. */
async function expectCleanEnd(
  file: string,
  server: LessonServer,
): Promise<void> {
  const start = performance.now();
  const { signal, stderr } = await server.interrupt();
  expect({ signal, stderr }).toEqual({ signal: "SIGINT", stderr: "" });
  expect(performance.now() - start).toBeLessThan(2000);
  await using again = await LessonServer.start(file, server.port);
  expect(again.port).toBe(server.port);
  expect(await again.during(polite(again.port))).toEqual(politeAnswers);
}

describe.each(lessons)("$file", ({ file, manyClients }) => {
  test("its port is 5001 unless it is told another", async () => {
    await whileDefaultPortIsTaken(async (byUs) => {
      await using program = sureToEnd(new Program(`examples/${file}`));
      const isInUse = expectOneClearLine(program, portInUse(defaultPort));
      if (byUs) {
        await isInUse;
        return;
      }
      // Whoever has it may give it back meanwhile.
      const listens = program.match(new RegExp(`^Listening .*:${defaultPort}`));
      await Promise.any([isInUse, listens]);
    });
  });

  test("it listens as lesson 3 does", () => {
    const listen = /^function listen[^]*?\n}\n/m;
    const [own, thirds] = [file, "03-select.ts"].map((name) =>
      listen.exec(readFileSync(`${root}/examples/${name}`, "utf8"))?.toString(),
    );
    // The last one has Node listen.
    if (file !== "23-node-net.ts") expect(own).toBe(thirds);
    expect(thirds).toBeDefined();
  });

  test("Ctrl-C ends it at once while clients are connected", async () => {
    await using server = await LessonServer.start(file);
    using first = await Client.connect(server.port);
    using second = await Client.connect(server.port);
    using third = await Client.connect(server.port);
    for (const client of manyClients ? [first, second, third] : [first]) {
      expect(await server.during(client.ask())).toBe(answer);
    }
    await expectCleanEnd(file, server);
    for (const client of [first, second, third]) {
      expect(await client.rest()).toMatchObject({ text: "" });
    }
  });
});

describe.each(present)("the file of %s", (file) => {
  const source = readFileSync(`${root}/examples/${file}`, "utf8");
  const header = /^\/\*\*\n([^]*?)\n \*\/\n/.exec(source)?.[1] ?? "";
  const number = Number.parseInt(file, 10);

  /** What the header says under a label. */
  function part(label: string): string {
    const found = new RegExp(
      `^ \\* ${label}: ([^]*?)(?=\\n \\*\\n|\\n \\* [A-Z][\\w ]+:|$(?![^]))`,
      "m",
    ).exec(header);
    return found?.[1]?.trim() ?? "";
  }

  test("its header has a title and every part, in order", () => {
    expect(header).toMatch(new RegExp(`^ \\* 0?${number} - \\S`));
    const labels = [
      "New here",
      "Run",
      "In other terminals",
      "Observe",
      "What hurts",
    ];
    const found = [...header.matchAll(/^ \* ([A-Z][\w ]+):/gm)]
      .map(([, label]) => label)
      .filter((label) => label !== undefined && labels.includes(label));
    expect(found).toEqual(labels);
    for (const label of labels) expect(part(label), label).not.toBe("");
  });

  test("its header says how it is run and how it is reached", () => {
    const isServer = servers.has(file);
    const run = `npm run lesson ${number}${isServer ? " [port]" : ""}`;
    expect(part("Run")).toContain(run);
    const ports = part("In other terminals").match(/\b\d{4,5}\b/g) ?? [];
    if (isServer) expect(ports).not.toEqual([]);
    for (const port of ports) expect(port).toBe(String(defaultPort));
  });

  test("it ends with what comes next, and is short", () => {
    const lines = source.trimEnd().split("\n");
    const [, next] = /^\/\/ Next: .+ (\S+)$/.exec(lines.at(-1) ?? "") ?? [];
    const following = present[present.indexOf(file) + 1];
    expect(next).toBe(following ?? "../exercises/README.md");
    const code = source
      .replaceAll(/\/\*\*[^]*?\*\//g, "")
      .split("\n")
      .filter((line) => /^\s*(?!\/\/)\S/.test(line));
    // About 60: a server that survives every client takes some 45 of them.
    const isLong = [12, 13, 18, 19, 20, 22].includes(number);
    const hasTwoIdeas = [15, 16, 21].includes(number);
    const most = isLong ? 120 : hasTwoIdeas ? 85 : 70;
    expect(code.length).toBeLessThanOrEqual(most);
  });

  test("it imports Node's modules and the package's public ones only", () => {
    const allowed = Object.keys(manifest.exports)
      .filter((name) => !name.endsWith(".json"))
      .map((name) => name.replace(".", manifest.name));
    const imported = [
      ...source.matchAll(/^(?:import|export)\b[^;]*?"([^"]+)";$/gm),
      ...source.matchAll(/\b(?:import|require)\(\s*"([^"]+)"/g),
    ].map(([, name]) => name ?? "");
    for (const name of imported) {
      if (/^node:|^\.\//.test(name)) continue; // or a part of the lesson
      expect(allowed).toContain(name);
    }
  });
});
