import { beforeAll, describe, expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";

interface Loss {
  readonly fds: readonly number[];
  readonly open: readonly boolean[];
  readonly warnings: readonly { name: string; message: string }[];
}

let losses: Readonly<Record<string, Loss>>;

beforeAll(async () => {
  await using program = new Program("test/programs/socket-leaks.ts");
  losses = JSON.parse(await program.line()) as typeof losses;
  expect((await program.ended).code).toBe(0);
});

describe("a Socket that nobody has any more", () => {
  test.for([
    ["dropped", "AF_INET, SOCK_STREAM"],
    ["pair", "AF_UNIX, SOCK_STREAM"],
    ["copy", "AF_INET, SOCK_STREAM"],
    ["accepted", "AF_INET, SOCK_STREAM"],
  ])("is closed, and a ResourceWarning tells: %s", ([name = "", kind]) => {
    const loss = losses[name];
    expect(loss?.fds.length).toBeGreaterThan(0);
    expect(loss?.open).toEqual(loss?.fds.map(() => false));
    const wanted = loss?.fds.map((fd) => ({
      name: "ResourceWarning",
      message: `unclosed Socket { fd: ${fd}, ${kind} }`,
    }));
    expect(loss?.warnings).toHaveLength(wanted?.length ?? 0);
    expect(loss?.warnings).toEqual(expect.arrayContaining(wanted ?? []));
  });

  test("is not spoken of if it was closed", () => {
    expect(losses["closed"]).toEqual({ fds: [], open: [], warnings: [] });
  });

  test.for(["detached", "given"])(
    "leaves a descriptor open that is not its own: %s",
    (name) => {
      expect(losses[name]).toMatchObject({ open: [true], warnings: [] });
    },
  );

  test.for(["reused", "file"])(
    "leaves another file open that has got its number: %s",
    (name) => {
      const loss = losses[name];
      expect(loss?.fds, "the number was not used again").not.toEqual([-1]);
      expect(loss).toMatchObject({ open: [true], warnings: [] });
    },
  );

  test("says nothing if somebody else has closed it", () => {
    expect(losses["gone"]).toEqual({ fds: [], open: [], warnings: [] });
  });
});

test("a Socket that somebody has stays open", () => {
  expect(losses["kept"]).toMatchObject({ open: [true], warnings: [] });
});
