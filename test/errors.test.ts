import { closeSync, fstatSync, openSync } from "node:fs";
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import * as errors from "posix-select/errors";
import * as everything from "posix-select";
import { pipe } from "posix-select/fd";
import { select } from "posix-select/select";
import { Socket } from "posix-select/socket";
import { check, osError } from "../src/result.ts";
import { expectThrow, thrownBy } from "./helpers/errors.ts";

const { errno } = constants;
const {
  BlockingIOError,
  BrokenPipeError,
  ConnectionAbortedError,
  ConnectionRefusedError,
  ConnectionResetError,
  FileNotFoundError,
  InterruptedError,
  OSError,
  PermissionError,
  TimeoutError,
} = errors;

/** What an `OSError` is that `call` throws. */
function osErrorOf(call: () => unknown): errors.OSError {
  const error = thrownBy(call);
  if (error instanceof OSError) return error;
  throw error;
}

/** The fields of an error that its users see. */
const fieldsOf = (error: object): Record<string, unknown> => ({ ...error });

const classNames = [
  "OSError",
  "BlockingIOError",
  "ConnectionError",
  "BrokenPipeError",
  "ConnectionAbortedError",
  "ConnectionRefusedError",
  "ConnectionResetError",
  "FileExistsError",
  "FileNotFoundError",
  "InterruptedError",
  "NotADirectoryError",
  "PermissionError",
  "TimeoutError",
] as const;

describe("the family", () => {
  test.each(classNames)("%s is an OSError, and named so", (name) => {
    const constructor = errors[name];
    const facts = { code: "EX", errno: -1, syscall: "call" };
    const error = new constructor("its message", facts);
    expect(error).toBeInstanceOf(OSError);
    expect(error).toBeInstanceOf(Error);
    expect(constructor.name).toBe(name);
    expect(error.name).toBe(name);
    expect(error.message).toBe("its message");
    expect(String(error)).toBe(`${name}: its message`);
    expect(error.stack).toMatch(new RegExp(`^${name}: its message\\n`));
    expect(Object.hasOwn(error, "name")).toBe(false);
    expect(fieldsOf(error)).toEqual(facts);
  });

  test("each class stands right below its parent in Python's tree", () => {
    const parents = classNames.map((name) => {
      const parent: unknown = Object.getPrototypeOf(errors[name]);
      return [name, (parent as { name: string }).name];
    });
    expect(Object.fromEntries(parents)).toEqual({
      OSError: "Error",
      BlockingIOError: "OSError",
      ConnectionError: "OSError",
      BrokenPipeError: "ConnectionError",
      ConnectionAbortedError: "ConnectionError",
      ConnectionRefusedError: "ConnectionError",
      ConnectionResetError: "ConnectionError",
      FileExistsError: "OSError",
      FileNotFoundError: "OSError",
      InterruptedError: "OSError",
      NotADirectoryError: "OSError",
      PermissionError: "OSError",
      TimeoutError: "OSError",
    });
  });

  test("the package and its module have the same classes", () => {
    for (const name of classNames) {
      expect(everything[name]).toBe(errors[name]);
    }
  });
});

describe("a system call's error", () => {
  test.each([
    ["EAGAIN", BlockingIOError],
    ["EWOULDBLOCK", BlockingIOError],
    ["EALREADY", BlockingIOError],
    ["EINPROGRESS", BlockingIOError],
    ["EPIPE", BrokenPipeError],
    ["ECONNABORTED", ConnectionAbortedError],
    ["ECONNREFUSED", ConnectionRefusedError],
    ["ECONNRESET", ConnectionResetError],
    ["EEXIST", errors.FileExistsError],
    ["ENOENT", FileNotFoundError],
    ["ENOTDIR", errors.NotADirectoryError],
    ["EINTR", InterruptedError],
    ["EACCES", PermissionError],
    ["EPERM", PermissionError],
    ["ETIMEDOUT", TimeoutError],
    ["EBADF", OSError],
    ["EINVAL", OSError],
    ["ENOTSOCK", OSError],
    ["EADDRINUSE", OSError],
    ["EADDRNOTAVAIL", OSError],
    ["ENOTCONN", OSError],
    ["EISCONN", OSError],
    ["EMFILE", OSError],
    ["EMSGSIZE", OSError],
    ["ENETUNREACH", OSError],
    ["EHOSTUNREACH", OSError],
    ["ENETDOWN", OSError],
    ["ENOMEM", OSError],
    ["ENOBUFS", OSError],
  ] as const)("%s is exactly its class", (name, constructor) => {
    const number = -errno[name];
    // Where two names are one number, libuv's name is told.
    const code = name === "EWOULDBLOCK" ? "EAGAIN" : name;
    const fields = { code, errno: number, syscall: "recv" };
    expectThrow(() => check(number, "recv"), constructor, fields);
    expect(fieldsOf(osError(number, "recv"))).toEqual(fields);
  });

  test.skipIf(process.platform !== "linux" /* the number is Linux's */)(
    "ESHUTDOWN, which os.constants lacks, is a broken pipe",
    () => {
      expectThrow(() => check(-108, "send"), BrokenPipeError, {
        code: "ESHUTDOWN",
        errno: -108,
      });
    },
  );

  test("EINPROGRESS has words of its own, though libuv has none for it", () => {
    const { message } = osError(-errno.EINPROGRESS, "connect");
    expect(message).toMatch(/^EINPROGRESS: \S.*, connect$/);
    expect(message).not.toContain("unknown");
  });

  test("a number that nobody has named is still told", () => {
    expectThrow(() => check(-9999, "recv"), OSError, {
      errno: -9999,
      message: expect.stringContaining("9999") as unknown,
    });
  });

  test.each([0, 1, 2 ** 31])("%d is none", (result) => {
    expect(check(result, "recv")).toBe(result);
  });

  test("has its fields as own ones that can be listed", () => {
    const details = {
      fd: 5,
      address: "127.0.0.1",
      port: 80,
      path: "/a",
      hostname: "host",
      bytesSent: 0,
    };
    const error = osError(-errno.EINVAL, "bind", details);
    const facts = { code: "EINVAL", errno: -errno.EINVAL, syscall: "bind" };
    expect(fieldsOf(error)).toEqual({ ...facts, ...details });
  });

  test("lacks the fields of which nothing is known", () => {
    const error = osError(-errno.EINVAL, "bind", { fd: 0, path: undefined });
    expect(Object.keys(error).sort()).toEqual([
      "code",
      "errno",
      "fd",
      "syscall",
    ]);
    expect("path" in error).toBe(false);
    expect("address" in error).toBe(false);
  });

  test.each([
    [{}, "EACCES: permission denied, bind"],
    [{ fd: 5 }, "EACCES: permission denied, bind"],
    [
      { address: "127.0.0.1", port: 80 },
      "EACCES: permission denied, bind 127.0.0.1:80",
    ],
    [{ address: "::1", port: 80 }, "EACCES: permission denied, bind [::1]:80"],
    [
      { address: "0.0.0.0", port: 0 },
      "EACCES: permission denied, bind 0.0.0.0:0",
    ],
    [{ path: "/a/b" }, "EACCES: permission denied, bind '/a/b'"],
    [{ path: "\0a" }, "EACCES: permission denied, bind '\\0a'"],
    [{ hostname: "a.b" }, "EACCES: permission denied, bind a.b"],
    [{ note: "why" }, "EACCES: permission denied, bind (why)"],
  ])("with %o it says: %s", (details, message) => {
    expect(osError(-errno.EACCES, "bind", details).message).toBe(message);
  });

  test("has the code, number and words that Node's own has", () => {
    const fd = openSync("/dev/null", "r");
    closeSync(fd);
    const own = thrownBy(() => fstatSync(fd)) as NodeJS.ErrnoException;
    const ours = osErrorOf(() => select([fd], [], [], 0));
    expect([ours.code, ours.errno]).toEqual([own.code, own.errno]);
    const words = own.message.replace(", fstat", "");
    expect(ours.message.startsWith(`${words}, select`)).toBe(true);
  });
});

describe("a wrong argument", () => {
  test.each([
    [() => select([], [], [], NaN), TypeError, "ERR_INVALID_ARG_TYPE"],
    [() => select([-1], [], []), RangeError, "ERR_OUT_OF_RANGE"],
    [() => pipe(0.5), RangeError, "ERR_OUT_OF_RANGE"],
    [() => new Socket("x" as never), TypeError, "ERR_INVALID_ARG_TYPE"],
    [() => new Socket(0.5), RangeError, "ERR_OUT_OF_RANGE"],
  ])("is JavaScript's error with Node's code: %s", (call, type, code) => {
    expectThrow(call, type, { name: type.name, code });
    const error = thrownBy(call) as Error;
    expect(error).not.toBeInstanceOf(OSError);
    expect(fieldsOf(error)).toEqual({ code });
  });

  test("is described, but not at any length", () => {
    const call = (): unknown => select([], [], [], "x".repeat(9999) as never);
    expect((thrownBy(call) as Error).message.length).toBeLessThan(200);
    const message = `The "timeoutMs" argument must be a number of milliseconds, undefined or null. Received '1'`;
    expectThrow(() => select([], [], [], "1" as never), TypeError, { message });
  });

  test.each([
    Object.create(null) as object,
    { toString: null },
    new Proxy({}, {}),
    {
      get fd(): string {
        return "x";
      },
    },
  ])("is described whatever it is: %o", (value) => {
    expectThrow(() => select([value as never], [], [], 0), TypeError, {
      code: "ERR_INVALID_ARG_TYPE",
    });
  });
});
