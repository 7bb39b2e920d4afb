import { setTimeout as wallClock } from "node:timers/promises";
import { expect, test } from "vitest";
import { loader, Program } from "../helpers/programs.ts";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
import { Command, sureToEnd } from "./lessons.ts";

const file = "examples/22-many-processes/index.ts";

/** What `work` gives; an error that says what is late where it takes too long. */
function soon<T>(work: Promise<T>, what: string): Promise<T> {
  const late = wallClock(40_000, undefined, { ref: false }).then(() => {
    throw new Error(what);
  });
  return Promise.race([work, late]);
}

/** The lesson in a process group of its own: all of it ends with the block. */
class Server implements AsyncDisposable {
  readonly #command: Command;
  /** The parent's. */
  readonly pid: number;
  readonly port: number;

  private constructor(command: Command, pid: number, port: number) {
    this.#command = command;
    this.pid = pid;
    this.port = port;
  }

  static async start(...options: readonly string[]): Promise<Server> {
    const node = `echo $$; exec "$0" --import ${loader} ${file} 0 --processes 2 "$@"`;
    const args = ["-c", node, process.execPath, ...options];
    const command = new Command("/bin/sh", args);
    const listening = /^(\d+)\nListening on 127\.0\.0\.1:(\d+)\n/;
    const [, pid, port] = await soon(
      command.output.take(listening),
      "it does not listen",
    );
    return new Server(command, Number(pid), Number(port));
  }

  /** The process that serves the next connection. */
  async nextServer(): Promise<number> {
    const from = /^Connection from 127\.0\.0\.1:\d+, served by process (\d+)\n/;
    const [, pid] = await soon(
      this.#command.output.take(from),
      "no process says that it has a new client",
    );
    return Number(pid);
  }

  /** The processes that serve some polite clients, one after another. */
  async serversOf(clients: number): Promise<Set<number>> {
    const pids = new Set<number>();
    for (let i = 0; i < clients; i++) {
      expect(await polite(this.port)).toEqual(politeAnswers);
      pids.add(await this.nextServer());
    }
    expect(pids).not.toContain(this.pid);
    expect(pids.size).toBeLessThanOrEqual(2);
    return pids;
  }

  /** Kills one of its children. */
  async kill(victim: number): Promise<void> {
    process.kill(victim, "SIGKILL");
    const end = `^Process ${victim} has ended \\(SIGKILL\\): a new one begins\n`;
    await soon(
      this.#command.output.take(new RegExp(end)),
      `the parent does not notice that ${victim} has ended`,
    );
  }

  /** Expects a signal to the parent alone to end its children, too. */
  async expectEndOfAllBy(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    process.kill(this.pid, signal);
    // Its output ends when the last of its children has ended.
    const ended = soon(this.#command.ended, "its children stayed behind");
    expect(await ended).toEqual({ code: null, signal });
    expect(await this.#command.output.rest()).toMatchObject({ text: "" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#command[Symbol.asyncDispose]();
  }
}

test("with a listener each: served by both, replaced, ended by kill -9", async () => {
  await using server = await Server.start();
  const pids = await server.serversOf(30);
  // A hash deals the clients out. Elsewhere than on Linux there is one queue.
  expect(pids.size).toBeGreaterThan(process.platform === "linux" ? 1 : 0);

  // The port is ours alone.
  const args = [String(server.port), "--processes", "2"];
  await using second = sureToEnd(new Program(file, args));
  const { code, stdout, stderr } = await second.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^Cannot listen on port \d+: .*EADDRINUSE.*\n$/);

  // Who comes before the new process is there waits for it.
  using first = await Client.connect(server.port);
  expect(await first.ask()).toBe(answer);
  const victim = await server.nextServer();
  await server.kill(victim);
  expect(await first.rest()).toMatchObject({ text: "" });
  expect(await server.serversOf(10)).not.toContain(victim);

  using last = await Client.connect(server.port);
  expect(await last.ask()).toBe(answer);
  await server.nextServer();
  await server.expectEndOfAllBy("SIGKILL");
  expect(await last.rest()).toEqual({ text: "", end: "EOF" });
});

test("with one listener for all: served, replaced, ended by SIGINT", async () => {
  await using server = await Server.start("--share");
  await server.serversOf(10); // whoever is quicker: it may always be the same

  using first = await Client.connect(server.port);
  expect(await first.ask()).toBe(answer);
  const victim = await server.nextServer();
  await server.kill(victim);
  expect(await first.rest()).toMatchObject({ text: "" });
  expect(await server.serversOf(10)).not.toContain(victim);

  using last = await Client.connect(server.port);
  expect(await last.ask()).toBe(answer);
  await server.nextServer();
  await server.expectEndOfAllBy("SIGINT");
  expect(await last.rest()).toEqual({ text: "", end: "EOF" });
});

test.concurrent.each([[["abc"]], [[]]])(
  "--processes with %j is one clear line and exit code 1",
  async (count) => {
    const args = ["0", "--processes", ...count];
    await using program = sureToEnd(new Program(file, args));
    expect(await program.ended).toEqual({
      code: 1,
      signal: null,
      stdout: "",
      stderr: "--processes takes a number from 1 to 99\n",
    });
  },
);

test("--measure prints a figure, and ends with all its processes", async () => {
  const args = ["--import", loader, file, "--measure", "1"];
  await using command = new Command(process.execPath, args);
  const ended = soon(command.ended, "it does not end, with all its processes");
  expect(await ended).toEqual({ code: 0, signal: null });
  const { text } = await command.output.rest();
  expect(text).toMatch(
    /^This machine has \d+ cores.*\n1 serve, 1 ask: [1-9]\d* answers in a second\n$/,
  );
});

test("--measure that is killed leaves nobody behind", async () => {
  const node = `exec "$0" --import ${loader} ${file} --measure 1`;
  const args = ["-c", `echo $$; ${node}`, process.execPath];
  await using command = new Command("/bin/sh", args);
  const [, pid] = await command.output.take(/^(\d+)\nThis machine .*\n/);
  process.kill(Number(pid), "SIGKILL");
  // Its children have its stderr.
  const ended = soon(command.ended, "its children stayed behind");
  expect(await ended).toEqual({ code: null, signal: "SIGKILL" });
});
