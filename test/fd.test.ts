import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  fstatSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { constants as osConstants } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { OSError } from "posix-select/errors";
import {
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  eventfd,
  pipe,
  TFD_NONBLOCK,
  timerfd,
} from "posix-select/fd";
import { select } from "posix-select/select";
import { Socket, socketpair } from "posix-select/socket";
import { Cleanup } from "./helpers/cleanup.ts";
import { expectNoLeak } from "./helpers/descriptors.ts";
import { expectThrow } from "./helpers/errors.ts";

const isLinux = process.platform === "linux";
const wrongType = { code: "ERR_INVALID_ARG_TYPE", name: "TypeError" };
const wrongValue = { code: "ERR_OUT_OF_RANGE", name: "RangeError" };
const invalid = (syscall: string): Record<string, unknown> => ({
  name: "OSError",
  code: "EINVAL",
  errno: -osConstants.errno.EINVAL,
  syscall,
  message: `EINVAL: invalid argument, ${syscall}`,
});

const O_CLOEXEC = 0o2000000;

/** What TypeScript would not let a caller pass. */
const wrong = (value: unknown): never => value as never;

/** The flags of open(2) that the kernel tells of a descriptor. */
function flagsOf(fd: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return parseInt(/^flags:\s*([0-7]+)$/m.exec(text)?.[1] ?? "", 8);
}

/** A descriptor's flags, those that pipe2(2) and its like can set. */
function options(fd: number): { cloexec: boolean; nonblock: boolean } {
  const flags = flagsOf(fd);
  return {
    cloexec: (flags & O_CLOEXEC) !== 0,
    nonblock: (flags & constants.O_NONBLOCK) !== 0,
  };
}

/** Far more than it takes; a wait for ever would hang where it fails. */
const soonMs = 30_000;

const isReadable = (fd: number): boolean =>
  select([fd], [], [], 0)[0].length > 0;

describe("pipe()", () => {
  test("what is written to the second can be read from the first", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    writeSync(write, "some words");
    const buffer = Buffer.alloc(100);
    const length = readSync(read, buffer);
    expect(buffer.toString("utf8", 0, length)).toBe("some words");
    expect(() => writeSync(read, "x")).toThrow("EBADF");
    expect(() => readSync(write, buffer)).toThrow("EBADF");
  });

  test("makes a new pair of a FIFO each time", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.fds(pipe());
    const [c, d] = cleanup.fds(pipe());
    expect(new Set([a, b, c, d]).size).toBe(4);
    for (const fd of [a, b, c, d]) expect(fstatSync(fd).isFIFO()).toBe(true);
    writeSync(b, "x");
    expect([isReadable(a), isReadable(c)]).toEqual([true, false]);
  });

  test("blocks unless O_NONBLOCK is given", () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe(constants.O_NONBLOCK));
    expect(() => readSync(read, Buffer.alloc(1))).toThrow("EAGAIN");
    const chunk = Buffer.alloc(65_536);
    expect(() => {
      for (;;) writeSync(write, chunk);
    }).toThrow("EAGAIN");
  });

  test.skipIf(!isLinux /* needs /proc */).each([
    { flags: 0, nonblock: false },
    { flags: undefined, nonblock: false },
    { flags: O_CLOEXEC, nonblock: false },
    { flags: constants.O_NONBLOCK, nonblock: true },
    { flags: constants.O_NONBLOCK | O_CLOEXEC, nonblock: true },
  ])("is close-on-exec with flags $flags", ({ flags, nonblock }) => {
    using cleanup = new Cleanup();
    for (const fd of cleanup.fds(pipe(flags))) {
      expect(options(fd)).toEqual({ cloexec: true, nonblock });
    }
  });

  test.each([constants.O_APPEND, constants.O_CREAT, 0x7fffffff, -1])(
    "does not know the flags %d",
    (flags) => {
      expectNoLeak(() => {
        expectThrow(() => pipe(flags), OSError, invalid("pipe"));
      });
    },
  );

  test.each([0.5, NaN, Infinity, 2 ** 32, -(2 ** 31) - 1])(
    "the flags %d are out of range",
    (flags) => {
      expectThrow(() => pipe(flags), RangeError, wrongValue);
    },
  );

  test.each(["0", null, true, 0n, {}])("%o is no flags", (flags) => {
    expectThrow(() => pipe(wrong(flags)), TypeError, wrongType);
  });
});

test("what a system lacks is undefined", () => {
  expect([typeof eventfd, typeof timerfd]).toEqual(
    isLinux ? ["function", "function"] : ["undefined", "undefined"],
  );
  for (const constant of [EFD_NONBLOCK, EFD_SEMAPHORE, TFD_NONBLOCK]) {
    expect(typeof constant).toBe(isLinux ? "number" : "undefined");
  }
});

describe("everything made here", () => {
  test("is the caller's to close", () => {
    expectNoLeak(() => {
      const made = [...pipe(), ...pipe()];
      if (eventfd) made.push(eventfd());
      if (timerfd) made.push(timerfd({ initialMs: 1 }));
      for (const fd of made) closeSync(fd);
    });
  });

  test("is not inherited by a child unless it is handed over", async () => {
    using cleanup = new Cleanup();
    const folder = isLinux ? "/proc/self/fd" : "/dev/fd";
    const [read, write] = cleanup.fds(pipe());
    const [a, b] = cleanup.both(socketpair());
    const made = [read, write, a.fileno(), b.fileno()];
    made.push(cleanup.use(new Socket()).fileno());
    if (eventfd) made.push(cleanup.fd(eventfd()));
    if (timerfd) made.push(cleanup.fd(timerfd({ initialMs: 1 })));
    // What the child opens itself, or is handed over, has the numbers below.
    expect(Math.min(...made)).toBeGreaterThan(5);

    const list = ["-c", `cd ${folder} && echo *`];
    const child = spawn("sh", list, {
      stdio: ["ignore", "pipe", "ignore", "ignore", write],
    });
    cleanup.defer(() => child.kill("SIGKILL"));
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    await once(child, "close");
    const inherited = text.trim().split(/\s+/).map(Number);
    expect(inherited).toContain(4);
    expect(inherited.filter((fd) => made.includes(fd))).toEqual([]);
  });

  test("a pipe ends for its reader though a child goes on", async () => {
    using cleanup = new Cleanup();
    const [read, write] = cleanup.fds(pipe());
    const child = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] });
    cleanup.defer(() => child.kill("SIGKILL"));
    closeSync(write);
    // A child that had inherited the writing end would keep it open.
    expect(select([read], [], [], soonMs)[0]).toEqual([read]);
    expect(readSync(read, Buffer.alloc(1))).toBe(0);
    child.stdin.end();
    await once(child, "close");
  });
});

test("no descriptor left is EMFILE, and nothing is lost by it", () => {
  const program = fileURLToPath(
    new URL("programs/no-descriptors.ts", import.meta.url),
  );
  const { stdout, stderr, status } = spawnSync(
    "sh",
    [
      "-c",
      'ulimit -n 200 && exec "$@"',
      "sh",
      process.execPath,
      "--import",
      "tsx",
      program,
    ],
    { encoding: "utf8", timeout: 60_000, killSignal: "SIGKILL" },
  );
  expect(stderr).toBe("");
  const error = (syscall: string): unknown => ({
    name: "OSError",
    message: `EMFILE: too many open files, ${syscall}`,
    code: "EMFILE",
    errno: -osConstants.errno.EMFILE,
    syscall,
  });
  expect(JSON.parse(stdout)).toEqual({
    full: {
      pipe: error("pipe"),
      ...(isLinux && {
        eventfd: error("eventfd"),
        timerfd: error("timerfd_create"),
      }),
    },
    oneLeft: { pipe: error("pipe"), stillOneLeft: true },
    twoLeft: { pipe: "made" },
    selectNeedsNone: true,
  });
  expect(status).toBe(0);
});
