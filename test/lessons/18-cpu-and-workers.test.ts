import { setTimeout as wallClock } from "node:timers/promises";
import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { Client } from "./clients.ts";
import { Command, sureToEnd } from "./lessons.ts";

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
  await using program = sureToEnd(new Program(file, ["--measure"]));
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const figures = [
    / +[1-9]\d* fib\(1\) in a second, alone\n/,
    / +\d+ fib\(1\) in a second, beside fib\(35\)\n/,
  ].map(({ source }) => source);
  const both = [0, 2].map((workers) =>
    [`${workers} workers, on \\d+ cores:\\n`, ...figures].join(""),
  );
  expect(stdout).toMatch(new RegExp(`^${both.join("")}$`));
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

test.concurrent("with workers it does not, until each has one", async () => {
  await using server = await started(2);
  const { program, port } = server;
  await expectAnswers(port);
  using heavy = await Client.connect(port);
  using light = await Client.connect(port);
  heavy.say("45\n"); // it takes seconds: nobody waits for its end
  for (let i = 0; i < 10; i++) expect(await light.ask("1\n")).toBe("1\n");
  expect(heavy.unread).toBe("");

  using another = await Client.connect(port);
  another.say("34\n");
  await light.ask("1\n"); // it may have been read first
  await light.ask("1\n");
  await light.ask("1\n");
  expect(another.unread).toBe("5702887\n");
  await expectCleanEnd(program); // though one still reckons
});

test.concurrent("who comes when a hundred wait is told so", async () => {
  await using server = await started(1);
  const { port } = server;
  const clients: Client[] = [];
  for (let i = 0; i < 103; i++) clients.push(await Client.connect(port));
  using heavy = await Client.connect(port);
  heavy.say("45\n"); // it takes seconds: nobody waits for its end
  using probe = await Client.connect(port);
  expect(await probe.ask("x\n")).toBe(notANumber);
  expect(await probe.ask("x\n")).toBe(notANumber); // now it has been read
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    for (const client of clients) {
      client.ask("1\n").then(
        (reply) => {
          if (heard.push(reply) === 3) resolve();
        },
        () => undefined, // the rest of them: the test is over
      );
    }
  });
  expect(heard).toEqual(Array(3).fill("Error: busy, try again later\n"));
  expect(heavy.unread).toBe("");
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
  const node = `exec "$0" --import tsx ${file} --measure`;
  const args = ["-c", `echo $$; ${node}`, process.execPath];
  await using command = new Command("/bin/sh", args);
  const [, pid] = await command.output.take(/^(\d+)\n0 workers, .*\n/);
  process.kill(Number(pid), "SIGKILL");
  // The server that it has started has its stderr.
  const late = wallClock(20_000, "the server stayed behind", { ref: false });
  expect(await Promise.race([command.ended, late])).toEqual({
    code: null,
    signal: "SIGKILL",
  });
});
