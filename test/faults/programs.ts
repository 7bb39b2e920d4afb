/** Programs whose system calls fail, and who come to an end by themselves. */
import { Program } from "../helpers/programs.ts";
import type { Call, Faults, Rule } from "./faults.ts";

/** Lesson 20 fetches all pages of a site. */
export interface Crawl {
  readonly name: string;
  readonly rules: Partial<Record<Call, Rule>>;
  /** What a page may be given up for; all of them are there unless it is given. */
  readonly error?: string;
}

const storm: Rule = { errno: "EINTR", every: 2 };
const notReady: Rule = { errno: "EAGAIN", every: 2 };

export const crawls: readonly Crawl[] = [
  { name: "nothing", rules: {} },
  {
    name: "every second wait: EINTR",
    rules: { select: storm, poll: storm, epoll_wait: storm },
  },
  {
    name: "every second connect, recv and send: EINTR",
    rules: { connect: storm, recv: storm, send: storm },
  },
  {
    name: "every second recv and send: EAGAIN, although ready",
    rules: { recv: notReady, send: notReady },
  },
  {
    name: "recv and send: seven bytes at a time",
    rules: { recv: { most: 7 }, send: { most: 7 } },
  },
  ...(
    [
      ["recv", "ECONNRESET"],
      ["recv", "ENOMEM"],
      ["send", "ECONNRESET"],
      ["send", "EPIPE"],
      ["connect", "ECONNREFUSED"],
      ["connect", "EAGAIN"],
      ["socket", "EMFILE"],
      ["socket", "ENFILE"],
    ] as const
  ).map(([call, errno]) => ({
    name: `every tenth ${call}: ${errno}`,
    rules: { [call]: { errno, every: 10 } },
    error: errno,
  })),
];

/** What is wrong with what the lesson prints; nothing if all is well. */
export async function wrongInCrawl(
  { rules, error }: Crawl,
  faults: Faults,
): Promise<string[]> {
  const calls = Object.keys(rules) as Call[];
  for (const call of calls) faults.set(call, rules[call] ?? {});
  const file = "examples/20-crawler/index.ts";
  await using program = new Program(file, [], faults.env);
  const { code, signal, stdout, stderr } = await program.ended;
  const failed = calls.reduce(
    (sum, call) => sum + faults.count(call).faults,
    0,
  );
  faults.clear();

  const lines = stdout.split("\n");
  const found = lines.filter((line) => /^(200|301) \//.test(line)).length;
  const missing = lines.filter((line) => line.startsWith("404 /")).length;
  const given = lines.filter((line) => line.includes(error ?? "never")).length;
  const [, pages, errors] =
    /^pages: (\d+), errors: (\d+), elsewhere: [01]$/m.exec(stdout) ?? [];
  return [
    ...(code === 0 ? [] : [`it ended with ${code ?? signal}`]),
    ...(stderr === "" ? [] : [stderr]),
    ...(calls.length > 0 && failed === 0 ? ["nothing failed"] : []),
    // Each page has one line, and each fault has one page.
    ...(found + missing + given === Number(pages) ? [] : [`said: ${stdout}`]),
    ...(missing + given === Number(errors) ? [] : [`counted ${errors} errors`]),
    ...(given === (error === undefined ? 0 : failed)
      ? []
      : [`${failed} failed, ${given} were told of`]),
    ...(error !== undefined || (found === 33 && missing === 1)
      ? []
      : [`found ${found} pages, and ${missing} were missing`]),
  ];
}

/** Whether each call that is interrupted is made again. */
export async function wrongInCalls(faults: Faults): Promise<string[]> {
  const calls = ["accept", "connect", "recv", "send"] as const;
  for (const call of calls) faults.set(call, storm);
  const file = "test/programs/interrupted-calls.ts";
  await using program = new Program(file, [], faults.env);
  const { stdout, stderr } = await program.ended;
  const spared = calls.filter((call) => faults.count(call).faults === 0);
  faults.clear();
  return [
    ...(stdout === "done\n" ? [] : [stdout]),
    ...(stderr === "" ? [] : [stderr]),
    ...spared.map((call) => `${call}() was not interrupted`),
  ];
}
