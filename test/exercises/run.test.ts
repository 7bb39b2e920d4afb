import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import { Client } from "../../exercises/runner/client.ts";
import { explainedEnd } from "../../exercises/runner/ends.ts";
import {
  check,
  type Exercise,
  Failure,
} from "../../exercises/runner/exercise.ts";
import { endAll } from "../../exercises/runner/program.ts";
import { run } from "../../exercises/runner/run.ts";
import { Sandbox } from "./sandbox.ts";

const project = new Sandbox([]);

afterAll(async () => {
  endAll();
  await project[Symbol.asyncDispose]();
});

/** A server, and a program that prints "done" and ends. */
const server: Exercise = {
  title: "",
  task: "",
  hints: [],
  checks: [
    check("answers", async (trial) => {
      const client = await trial.client("A client");
      await client.asks("hello\n", "Hello world\n");
    }),
  ],
};

const printer: Exercise = {
  ...server,
  checks: [check("prints", (trial) => trial.prints([], "done\n"))],
};

let count = 0;

/** What is told of a program. */
async function told(exercise: Exercise, text: string): Promise<string> {
  const file = `exercises/a-program-${++count}.ts`;
  project.write(file, text);
  const { root } = project;
  const { failed } = await run(exercise, { root, file, patienceMs: 500 });
  return (failed?.message ?? "passed").replaceAll(file, "FILE");
}

const listen = `import { createServer } from "node:net";
const server = createServer().listen(0, "127.0.0.1", () => {
  console.log(\`Listening on 127.0.0.1:\${server.address().port}\`);
});
`;

const notListening = 'The program did not say "Listening on 127.0.0.1:<port>".';
const looping = "It is in an endless loop: it takes a whole core.";

test.concurrent.each<
  [name: string, exercise: Exercise, text: string, told: string]
>([
  [
    "a syntax error",
    server,
    "const a = ;\n",
    'Your program has a syntax error (FILE, line 1): Unexpected ";"',
  ],
  [
    "an endless loop before it listens",
    server,
    "for (;;);\n",
    `${notListening} ${looping}`,
  ],
  [
    "an endless loop while it serves",
    server,
    `${listen}server.on("connection", () => { for (;;); });`,
    `A client typed "hello", and got no answer within 0.5 s.\n${looping}`,
  ],
  [
    "a crash while it serves",
    server,
    `${listen}server.on("connection", (client) => {\n  client.nothing();\n});`,
    "Your program ended (exit code 1): TypeError: client.nothing is not a function (FILE, line 6)",
  ],
  [
    "an endless loop",
    printer,
    "for (;;);\n",
    `The program did not end. ${looping} It had printed:\n    (nothing)`,
  ],
  [
    "output without end",
    printer,
    "import { writeSync } from 'node:fs';\nsetInterval(() => writeSync(1, 'bla\\n'.repeat(1000)), 1);\n",
    "The program prints without end: bla bla",
  ],
  [
    "a crash",
    printer,
    "console.log('begun');\nnull.x;\n",
    "The program failed. It had printed:\n    begun\nYour program ended (exit code 1): TypeError: Cannot read properties of null (reading 'x') (FILE, line 2)",
  ],
  [
    "other words",
    printer,
    "console.log('over');\n",
    "The program should print:\n    done\nIt printed:\n    over",
  ],
])("%s is told in words", async (_, exercise, text, expected) => {
  expect(await told(exercise, text)).toContain(expected);
});

test.concurrent("a program that never ends is not waited for", async () => {
  const impatient: Exercise = {
    ...printer,
    checks: [
      check("ends", async (trial) => {
        const program = trial.start([]);
        await program.output(/begun/, 30_000);
        await trial.finished(program, 200);
      }),
    ],
  };
  const text = "console.log('begun');\nsetInterval(() => undefined, 1000);\n";
  expect(await told(impatient, text)).toBe(
    "The program did not end. It waits for something that does not come. It had printed:\n    begun",
  );
});

test.each([
  [0, null, "", "Your program ended (exit code 0)."],
  [7, null, "what?\n", "Your program ended (exit code 7)."],
  [null, "SIGSEGV", "", "Your program was ended by SIGSEGV."],
  [
    13,
    null,
    "Warning: Detected unsettled top-level await at\nfile:///a/b.ts:12\nawait x;\n",
    "Your program ended while it waited for something that nobody would bring any more (exit code 13) (b.ts, line 12).",
  ],
  [
    1,
    null,
    "file:///a/src/select.ts:9\n\nOSError: EBADF: bad, select\n    at select (file:///a/src/select.ts:9:1)\n    at f (file:///a/b.ts:7:3)\n    at file:///a/b.ts:5:1\n",
    "Your program ended (exit code 1): OSError: EBADF: bad, select (b.ts, line 7)",
  ],
] as const)("the end %s %s is told in words", (code, signal, stderr, words) => {
  expect(explainedEnd("b.ts", code, signal, stderr)).toBe(words);
});

/** What a client says of a server that does this as soon as it connects. */
async function heard(serve: (client: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const net = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on("error", () => undefined));
    serve(socket);
  });
  net.listen(0, "127.0.0.1");
  await once(net, "listening");
  const address = net.address();
  const port = address instanceof Object ? address.port : 0;
  const client = await Client.connect("A client", port, 500);
  try {
    await client.asks("hello\n", "Hello world\n", "at noon");
    client.end();
    await client.hearsTheEnd();
    return "all is well";
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  } finally {
    client.leave();
    for (const socket of sockets) socket.destroy();
    net.close();
  }
}

const ended = 'A client typed "hello" and ended its side, and was';

test.concurrent.each<[name: string, (client: Socket) => void, string]>([
  ["silence", () => undefined, "and got no answer within 0.5 s."],
  [
    "other words",
    (to) => to.write("Hello you\n"),
    'and got "Hello you", not "Hello world".',
  ],
  [
    "half of it",
    (to) => to.write("Hello"),
    'and got no more than "Hello" within 0.5 s, not "Hello world".',
  ],
  [
    "half of it and the end",
    (to) => to.end("Hello"),
    'and got no more than "Hello" before the server hung up, not "Hello world".',
  ],
  [
    "the end",
    (to) => to.end(),
    'and the server hung up without the answer "Hello world".',
  ],
])("a client tells what it heard: %s", async (_, serve, words) => {
  expect(await heard(serve)).toBe(`A client typed "hello" at noon, ${words}`);
});

test.concurrent.each<[name: string, (client: Socket) => void, string]>([
  [
    "no end",
    (to) => to.write("Hello world\n"),
    `${ended} still connected 0.5 s later.`,
  ],
  [
    "more",
    (to) => to.write("Hello world\nbla\nbla\n"),
    `${ended} then told "bla".`,
  ],
  [
    "much more",
    (to) => to.write(`Hello world\n${"bla\n".repeat(1000)}`),
    `${ended} then told again and again "bla".`,
  ],
  [
    "a reset",
    (to) => {
      to.write("Hello world\n");
      to.resume().on("end", () => to.resetAndDestroy());
    },
    `${ended} broken off.`,
  ],
  [
    "its own words",
    (to) => to.pipe(to).write("Hello world\n"),
    `${ended} then told "hello".`,
  ],
  ["the end in peace", (to) => to.end("Hello world\n"), "all is well"],
])("a client tells how it was let go: %s", async (_, serve, words) => {
  expect(await heard(serve)).toBe(words);
});
