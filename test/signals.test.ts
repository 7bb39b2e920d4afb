import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { untilAsleep } from "./helpers/asleep.ts";
import { loader, Program } from "./helpers/programs.ts";
import { startWorker } from "./helpers/workers.ts";
import type { BlockingCall } from "./programs/blocking-calls.ts";

/** The system call that an interrupted call's error names. */
const syscalls: Record<BlockingCall, string> = {
  select: "select",
  "select with nothing": "select",
  recv: "recv",
  recvfrom: "recvfrom",
  recvmsg: "recvmsg",
  accept: "accept",
  connect: "connect",
  "connect to a full queue": "connect",
  send: "send",
  sendAll: "send",
};

const interrupted = "test/programs/interrupted.ts";

async function facts(program: Program): Promise<unknown> {
  return JSON.parse(await program.line());
}

/** Elsewhere a Unix socket whose queue is full refuses, and nothing waits. */
const calls = Object.entries(syscalls).filter(
  ([call]) => process.platform === "linux" || !call.endsWith("full queue"),
);

describe.each(calls)("%s", (call, syscall) => {
  const error = { name: "InterruptedError", code: "EINTR", syscall };

  test("gives way to a listener when a signal comes during the wait", async () => {
    await using program = new Program(interrupted, [call, "during"]);
    expect(await facts(program)).toEqual({ ready: true });
    await untilAsleep(program.pid);
    program.process.kill("SIGUSR2");
    expect(await facts(program)).toMatchObject(error);
    expect(await facts(program)).toEqual({
      listener: "SIGUSR2",
      isInCall: false,
    });
    expect(await program.ended).toMatchObject({ code: 0 });
  });

  test("gives way to a listener when the signal came just before", async () => {
    await using program = new Program(interrupted, [call, "before"]);
    expect(await facts(program)).toEqual({ ready: true });
    expect(await facts(program)).toMatchObject(error);
    expect(await facts(program)).toEqual({
      listener: "SIGUSR2",
      isInCall: false,
    });
    expect(await program.ended).toMatchObject({ code: 0 });
  });

  test("ends with the process at once on a signal without a listener", async () => {
    await using program = new Program(interrupted, [call, "during"]);
    expect(await facts(program)).toEqual({ ready: true });
    await untilAsleep(program.pid);
    program.process.kill("SIGINT");
    expect(await program.ended).toMatchObject({ code: null, signal: "SIGINT" });
  });

  test("lets its worker be terminated promptly", async () => {
    const worker = startWorker("worker-wait.ts", call);
    expect(await once(worker, "message")).toEqual(["ready"]);
    const messages: unknown[] = [];
    worker.on("message", (message) => messages.push(message));
    const start = performance.now();
    expect(await worker.terminate()).toBe(1);
    // A tenth of a second, on a machine that may be busy.
    expect(performance.now() - start).toBeLessThan(1400);
    expect(messages).toEqual([]);
  });
});

/** Both waits lasted as long as they were to, and no longer for the signals. */
async function expectFullWaits(program: Program): Promise<void> {
  const [, selectMs, recvMs] = await program.match(/^waited (\S+) (\S+)/);
  for (const ms of [Number(selectMs), Number(recvMs)]) {
    expect(ms).toBeGreaterThanOrEqual(400);
    expect(ms).toBeLessThan(20_000);
  }
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
}

const undisturbed = "test/programs/undisturbed.ts";

describe("a wait goes on with the time that is left", () => {
  test.each([[[]], [["listener"]]])(
    "while a profiler samples (%j)",
    async (args) => {
      await using program = new Program(undisturbed, ["profiler", ...args]);
      await expectFullWaits(program);
    },
  );

  test("when a child ends", async () => {
    await using program = new Program(undisturbed, ["child"]);
    await expectFullWaits(program);
  });

  test("when SIGWINCH comes again and again", async () => {
    await using program = new Program(undisturbed, ["resized"]);
    await program.match(/^ready/);
    const storm = setInterval(() => program.process.kill("SIGWINCH"), 10);
    try {
      await expectFullWaits(program);
    } finally {
      clearInterval(storm);
    }
  });
});

/** Runs a command in a terminal of its own, by the system's script(1). */
function inTerminal(command: readonly string[]): ReturnType<typeof spawn> {
  const args =
    process.platform === "linux"
      ? ["-qefc", command.join(" "), "/dev/null"]
      : ["-q", "/dev/null", ...command];
  return spawn("script", args, { stdio: ["pipe", "pipe", "inherit"] });
}

test("a wait goes on when its terminal is resized after output", async () => {
  const terminal = inTerminal([
    process.execPath,
    `--import ${loader}`,
    undisturbed,
    "terminal",
  ]);
  let output = "";
  const resize = (pid: string): void => {
    const flag = process.platform === "linux" ? "-F" : "-f";
    const resizing = `for n in 1 2 3 4 5 6 7 8 9; do stty ${flag} "$(readlink /proc/${pid}/fd/0)" rows 2$n cols 8$n; done`;
    spawn("sh", ["-c", resizing], { stdio: "inherit" });
  };
  terminal.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const wasReady = /ready (\d+)\r/.test(output);
    output += text;
    const [, pid] = /ready (\d+)\r/.exec(output) ?? [];
    if (pid !== undefined && !wasReady) resize(pid);
  });
  const [code] = (await once(terminal, "close")) as [number];
  expect({ code, output }).toMatchObject({ code: 0 });
  const [, selectMs, recvMs] = /waited (\S+) (\S+)\r/.exec(output) ?? [];
  expect(Number(selectMs)).toBeGreaterThanOrEqual(400);
  expect(Number(recvMs)).toBeGreaterThanOrEqual(400);
});
