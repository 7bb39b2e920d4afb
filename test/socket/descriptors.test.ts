import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { MSG_CTRUNC } from "posix-select/socket";

const root = fileURLToPath(new URL("../..", import.meta.url));

let results: Readonly<Record<string, unknown>>;

beforeAll(() => {
  const program = "test/programs/socket-no-descriptors.ts";
  const { stdout, stderr, status } = spawnSync(
    "sh",
    ["-c", `ulimit -n 80; exec "$0" --import tsx ${program}`, process.execPath],
    { cwd: root, encoding: "utf8", timeout: 50_000 },
  );
  expect(status, stderr).toBe(0);
  results = JSON.parse(stdout) as typeof results;
});

describe("when no descriptors are left", () => {
  test.for([
    ["socket", "socket"],
    ["socketpair", "socketpair"],
    ["pipe", "pipe"],
    ["fcntl", "fcntl"],
    ["accept", "accept"],
    ["tryAccept", "accept"],
    ["createConnection", "socket"],
  ])("%s throws EMFILE", ([name = "", syscall]) => {
    const failure = { code: "EMFILE", syscall };
    expect(results[`${name} with 0`]).toEqual({ failure, free: 0 });
  });

  test.for(["socketpair", "pipe"])("%s gives a single one back", (syscall) => {
    const failure = { code: "EMFILE", syscall };
    expect(results[`${syscall} with 1`]).toEqual({ failure, free: 1 });
  });

  test("a client that was not accepted is there later", () => {
    expect(results["accepted later"]).toBe(true);
  });

  test("a message loses those that it brings, and says so", () => {
    const { data, fds, flags } = results["recvmsg"] as {
      data: string;
      fds: number[];
      flags: number;
    };
    expect([data, fds]).toEqual(["x", []]);
    expect(flags & MSG_CTRUNC).toBe(MSG_CTRUNC);
  });
});
