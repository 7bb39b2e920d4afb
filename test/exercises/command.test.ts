import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { Sandbox } from "./sandbox.ts";

const first = "01-the-one-who-left";
const second = "09-the-first-one-is-lost";
const congratulation = "All exercises are solved, congratulations";

const sandboxes: Sandbox[] = [];

function sandbox(): Sandbox {
  const made = new Sandbox([first, second]);
  sandboxes.push(made);
  return made;
}

afterAll(async () => {
  for (const made of sandboxes) await made[Symbol.asyncDispose]();
});

test.concurrent(
  "the next unsolved one is checked, and an edited one is unsolved",
  async () => {
    const project = sandbox();
    const broken = await project.exercise();
    expect(broken).toMatchObject({ code: 1, signal: null, stderr: "" });
    expect(broken.stdout).toContain(`${first}: The one who left`);
    expect(broken.stdout).toContain("[x] a client is told how much it said");
    expect(broken.stdout).toContain(
      "[ ] a client that ends its side is let go",
    );
    expect(broken.stdout).toMatch(/again\s+and again "You said 0 bytes"\./);
    expect(broken.stdout).toContain(`Edit:  exercises/${first}.ts`);
    expect(broken.stdout).toContain("Hint:  npm run exercise -- --hint\n");

    project.solve(first);
    const mended = await project.exercise();
    expect(mended).toMatchObject({ code: 0, stderr: "" });
    expect(mended.stdout).toContain(`Next: npm run exercise (${second})`);

    const next = await project.exercise();
    expect(next.code).toBe(1);
    expect(next.stdout).toMatch(new RegExp(`^${second}`));
    const text = readFileSync(
      join(project.root, `exercises/${first}.ts`),
      "utf8",
    );
    project.write(
      `exercises/${first}.ts`,
      text.replace("length === 0", "length < 0"),
    );
    const list = await project.exercise("--list");
    expect(list.code).toBe(0);
    expect(list.stdout).toContain(
      `[ ] ${first}: The one who left  (edited since it was solved)`,
    );
    project.solve(second);
    const all = await project.exercise("--all");
    expect(all.code).toBe(1);
    expect(all.stdout).toContain(`[ ] ${first}`);
    expect(all.stdout).toMatch(/again\s+and again "You said 0 bytes"\./);
    expect(all.stdout).toContain(`[x] ${second}`);
    expect(all.stdout).toContain("1 of 2 are unsolved.");
  },
);

test.concurrent(
  "each request gives one hint more, the last tells of the solution",
  async () => {
    const project = sandbox();
    const numbers = (text: string): string[] =>
      text.match(/Hint \d of \d/g) ?? [];
    for (const count of [1, 2, 3]) {
      const { code, stdout } = await project.exercise("--hint", "9");
      expect(code).toBe(0);
      expect(numbers(stdout)).toEqual(
        ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"].slice(0, count),
      );
      expect(stdout.includes("--solution 9")).toBe(count === 3);
    }
    const where = await project.exercise("--solution", "9");
    expect(where.stdout).toContain(`exercises/solutions/${second}.ts`);
  },
);

test.concurrent.each([
  [["99"], "There is no exercise 99. There are 1, 9"],
  [["--foo"], "Unknown option '--foo'"],
  [["--list", "--all"], "One thing at a time: --list or --all"],
])("%j is answered by one clear line", async (args, line) => {
  const { code, stdout, stderr } = await sandbox().exercise(...args);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toBe(`${line} (npm run exercise -- --help tells more)\n`);
});

test.concurrent(
  "an exercise that is gone, and a spoilt file of progress, are no trouble",
  async () => {
    const project = sandbox();
    project.remove(`exercises/${first}.ts`);
    project.write("exercises/.progress", "[not JSON");
    const { code, stdout, stderr } = await project.exercise();
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toContain(`There is no exercises/${first}.ts: git checkout`);
  },
);

test.concurrent(
  "--watch checks again after a change, and goes on to the next",
  async () => {
    const project = sandbox();
    const watching = project.start("--watch");
    await watching.prints("Ctrl-C ends this.");
    project.solve(first);
    await watching.prints(`Next: npm run exercise (${second})`);
    await watching.prints("0 -Infinity");
    project.solve(second);
    await watching.prints(congratulation);
    expect(await watching.ended).toMatchObject({ code: 0, stderr: "" });
  },
);

test.concurrent(
  "Ctrl-C ends the learner's program too, whatever it does",
  async () => {
    const project = sandbox();
    project.write(
      `exercises/${first}.ts`,
      `import { writeFileSync } from "node:fs";
      process.on("SIGINT", () => undefined);
      process.on("SIGTERM", () => undefined);
      writeFileSync(process.cwd() + "/pid", String(process.pid));
      for (;;);`,
    );
    const command = project.start();
    const file = join(project.root, "pid");
    const pid = await vi.waitFor(() => {
      const written = Number(readFileSync(file, "utf8"));
      expect(written).toBeGreaterThan(0);
      return written;
    }, 30_000);
    command.signal("SIGINT");
    expect(await command.ended).toMatchObject({ signal: "SIGINT" });
    await vi.waitFor(() => {
      expect(isAlive(pid)).toBe(false);
    }, 30_000);
  },
);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
