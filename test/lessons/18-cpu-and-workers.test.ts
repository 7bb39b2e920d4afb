import { setTimeout as wallClock } from "node:timers/promises";
import { expect, test } from "vitest";
import { loader, Program } from "../helpers/programs.ts";
import { Client } from "./clients.ts";
import { Command, cpuTimeMs, sureToEnd } from "./lessons.ts";

const file = "examples/18-cpu-and-workers/index.ts";
const notANumber = "Error: not a number from 0 to 45\n";

class Server implements AsyncDisposable {
  readonly program: Program;
  readonly port: number;

  constructor(program: Program, port: number) {
    this.program = program;
    this.port = port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.program[Symbol.asyncDispose]();
  }
}

async function started(workers: number): Promise<Server> {
  const args = ["0", "--workers", String(workers)];
  const program = sureToEnd(new Program(file, args));
  const line = await program.line();
  expect(line).toMatch(/^Listening on 127\.0\.0\.1:\d+$/);
  return new Server(program, Number(line.split(":")[1]));
}

/** Expects it to have had no complaint, and to end by Ctrl-C. */
async function expectCleanEnd(program: Program): Promise<void> {
  program.process.kill("SIGINT");
  expect(await program.ended).toMatchObject({ signal: "SIGINT", stderr: "" });
}

/** Asks what both kinds of server answer in the same way. */
async function expectAnswers(port: number): Promise<void> {
  // Each line gets its answer, in order.
  using client = await Client.connect(port);
  expect(await client.ask("10\n")).toBe("55\n");
  client.say("20\n1\n0\n");
  expect(await client.reply()).toBe("6765\n");
  expect(await client.reply()).toBe("1\n");
  expect(await client.reply()).toBe("0\n");
  client.say("1");
  using other = await Client.connect(port);
  expect(await other.ask("2\r\n")).toBe("1\n");
  expect(await client.ask("5\n")).toBe("610\n");

  // What is no number, or too large a one, is refused.
  for (const line of ["", "x", "-1", "1.5", "46", "1e3", "9".repeat(9999)]) {
    expect(await client.ask(`${line}\n`)).toBe(notANumber);
  }

  // Clients that are gone before their answer end nothing.
  for (let i = 0; i < 10; i++) {
    const reset = await Client.connect(port);
    reset.say("22\n22\n22\n");
    reset.reset();
    const gone = await Client.connect(port);
    gone.say("22\n22\n22\n");
    gone.destroy();
    await Promise.all([reset.closed, gone.closed]);
  }
  client.say("7\n");
  client.end();
  expect(await client.rest()).toEqual({ text: "13\n", end: "EOF" });
}

// It takes longest, so it begins first: only some of the tests run at a time.
test.concurrent("--measure prints figures for both, and ends", async () => {
  const args = ["--import", loader, file, "--measure"];
  await using command = new Command(process.execPath, args);
  const late = wallClock(50_000, "a server stayed behind", { ref: false });
  const ended = Promise.race([command.ended, late]);
  expect(await ended).toEqual({ code: 0, signal: null });
  const { text } = await command.output.rest();
  const figures = [
    / +[1-9]\d* fib\(1\) in a second, alone\n/,
    / +\d+ fib\(1\) in a second, beside fib\(35\)\n/,
  ].map(({ source }) => source);
  const both = [0, 2].map((workers) =>
    [`${workers} workers, on \\d+ cores:\\n`, ...figures].join(""),
  );
  expect(text).toMatch(new RegExp(`^${both.join("")}$`));
});

test.concurrent(
  "without workers one heavy request holds up the others",
  async () => {
    await using server = await started(0);
    const { program, port } = server;
    await expectAnswers(port);
    using heavy = await Client.connect(port);
    using light = await Client.connect(port);
    expect(await light.ask("1\n")).toBe("1\n");
    heavy.say("34\n");
    await light.ask("1\n"); // it may have been read first
    await light.ask("1\n");
    await light.ask("1\n");
    expect(heavy.unread).toBe("5702887\n");
    await expectCleanEnd(program);
  },
);

test.concurrent("with workers it does not", async () => {
  await using server = await started(2);
  const { program, port } = server;
  await expectAnswers(port);
  using heavy = await Client.connect(port);
  using light = await Client.connect(port);
  // In one thread they would take turns, and neither could get ahead.
  let heavyAnswers = 0;
  let isOver = false;
  const asking = async (): Promise<void> => {
    while (!isOver) {
      expect(await heavy.ask("30\n")).toBe("832040\n");
      heavyAnswers++;
    }
  };
  const asked = asking();
  for (let answers = 0; answers < heavyAnswers + 100; answers++)
    expect(await light.ask("1\n")).toBe("1\n");
  isOver = true;
  await asked;
  heavy.say("45\n");
  expect(await light.ask("1\n")).toBe("1\n");
  await expectCleanEnd(program); // though one still reckons
});

test.concurrent(
  "when each worker has work, others stand in a queue",
  async () => {
    await using server = await started(1);
    using heavy = await Client.connect(server.port);
    using light = await Client.connect(server.port);
    expect(await light.ask("1\n")).toBe("1\n");
    heavy.say("34\n");
    await light.ask("1\n"); // it may have been read first
    await light.ask("1\n");
    await light.ask("1\n");
    expect(heavy.unread).toBe("5702887\n");
    await expectCleanEnd(server.program);
  },
);

test.concurrent("who comes when a hundred wait is told so", async () => {
  await using server = await started(1);
  const { port } = server;
  const clients: Client[] = [];
  // One has the worker, a hundred wait; and each asks for some seconds of work.
  for (let i = 0; i < 104; i++) clients.push(await Client.connect(port));
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    for (const client of clients) {
      client.ask("45\n").then(
        (reply) => {
          if (heard.push(reply) === 3) resolve();
        },
        () => undefined, // the rest of them: the test is over
      );
    }
  });
  expect(heard).toEqual(Array(3).fill("Error: busy, try again later\n"));
  for (const client of clients) client.destroy();
});

test.concurrent.each([[["abc"]], [[]]])(
  "--workers with %j is one clear line and exit code 1",
  async (workers) => {
    const args = ["0", "--workers", ...workers];
    await using program = sureToEnd(new Program(file, args));
    expect(await program.ended).toEqual({
      code: 1,
      signal: null,
      stdout: "",
      stderr: "--workers takes a number from 0 to 99\n",
    });
  },
);

test.concurrent("--measure that is killed leaves nobody behind", async () => {
  const node = `exec "$0" --import ${loader} ${file} --measure`;
  const args = ["-c", `echo $$; ${node}`, process.execPath];
  await using command = new Command("/bin/sh", args);
  const [, pid] = await command.output.take(/^(\d+)\n0 workers, .*\n/);
  process.kill(Number(pid), "SIGKILL");
  // The server that it has started has its stderr.
  const late = wallClock(40_000, "the server stayed behind", { ref: false });
  expect(await Promise.race([command.ended, late])).toEqual({
    code: null,
    signal: "SIGKILL",
  });
});

test.concurrent(
  "a port that is taken, or none, is one clear line",
  async () => {
    await using server = await started(0);
    for (const port of [String(server.port), "abc"]) {
      await using program = sureToEnd(new Program(file, [port]));
      const { code, stdout, stderr } = await program.ended;
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(
        new RegExp(`^Cannot listen on port ${port}: .+\n$`),
      );
    }
  },
);

test.concurrent.each([0, 2])(
  "with %d workers and no descriptors left, it waits for room at no cost",
  async (workers) => {
    const node = `echo $$; ulimit -n 120; exec "$0" --import ${loader} ${file} 0 "$@"`;
    const args = ["-c", node, process.execPath, "--workers", String(workers)];
    await using program = new Command("/bin/sh", args);
    const [, pid, port] = await program.output.take(
      /^(\d+)\nListening on 127\.0\.0\.1:(\d+)\n/,
    );
    const clients: Client[] = [];
    try {
      for (let i = 0; i < 140; i++)
        clients.push(await Client.connect(Number(port)));
      const [first, last] = [clients.shift(), clients.pop()];
      if (!first || !last) throw new Error("nobody is there");
      last.say("10\n");
      expect(await first.ask("10\n")).toBe("55\n");
      const before = cpuTimeMs(Number(pid));
      await wallClock(500);
      expect(cpuTimeMs(Number(pid)) - before).toBeLessThan(100);
      expect(last.unread).toBe("");
      for (const client of clients) client.destroy();
      expect(await last.reply()).toBe("55\n");
    } finally {
      for (const client of clients) client.destroy();
    }
    program.signal("SIGINT");
    expect(await program.ended).toMatchObject({ signal: "SIGINT" });
    expect(program.output.unread).toBe("");
  },
);
