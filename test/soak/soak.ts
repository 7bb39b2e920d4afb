import { execFileSync } from "node:child_process";
import {
  EpollSelector,
  KqueueSelector,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { Random } from "../differential/random.ts";
import { grown } from "./figures.ts";
import { reuse } from "./reuse.ts";
import { EchoServer, kinds } from "./server.ts";
import { storm } from "./storm.ts";
import { crowd, traffic } from "./talkers.ts";

const classes = [
  SelectSelector,
  PollSelector,
  EpollSelector,
  KqueueSelector,
].filter((constructor) => constructor !== undefined);

export interface Plan {
  /** How long all of it may take, roughly: the crowds take what they need. */
  readonly ms: number;
  /** How many to come and go in all, in the place of a time for them. */
  readonly connections?: number | undefined;
  /** How many are there at once. */
  readonly clients: number;
  readonly seed: number;
  /** Which kinds of server. */
  readonly only?: readonly string[];
}

/** All of it; `say` hears of each part. Gives what was wrong. */
export async function soak(
  plan: Plan,
  say: (line: string) => void,
): Promise<string[]> {
  const { ms, connections, seed, only = kinds } = plan;
  const limit = Number(execFileSync("sh", ["-c", "ulimit -n"]).toString());
  const clients = Math.min(plan.clients, limit - 500);
  const random = new Random(seed);
  const problems: string[] = [];
  say(`seed ${seed}`);

  for (const constructor of classes) {
    const end = performance.now() + (ms * 0.15) / classes.length;
    const found = await reuse(
      constructor,
      random,
      () => performance.now() > end,
    );
    const { steps, events, reused, leftovers, ofClosed } = found;
    say(
      `${constructor.name}: ${steps} steps, ${events} events, ${reused} numbers used again under a stale key, ${leftovers} leftovers, ${ofClosed} events of what was closed`,
    );
  }

  for (const kind of only) {
    const began = performance.now();
    await using server = await EchoServer.start(kind);
    const wrong = (problem: string): void => {
      problems.push(`${kind}: ${problem}`);
    };
    // What is made once, and code that is compiled, is no leak.
    await traffic(server.port, 20, 500, random);
    for (const problem of await crowd(server.port, clients, 1, random)) {
      wrong(problem);
    }
    const before = await server.atRest();

    const share = ms / only.length;
    const stormEnd = performance.now() + 0.35 * share;
    const most = (connections ?? Infinity) / only.length;
    const made = await storm(server, random, (sum) =>
      connections === undefined ? performance.now() > stormEnd : sum >= most,
    );
    for (const problem of await crowd(server.port, clients, 3, random)) {
      wrong(problem);
    }
    const talked = await traffic(server.port, 50, 0.35 * share, random);
    for (const problem of talked.problems) wrong(problem);

    const after = await server.atRest();
    for (const problem of grown(before, after)) wrong(problem);
    const sum = [...made.values()].reduce((a, b) => a + b, 0);
    const megabytes = (bytes: number): string =>
      `${(bytes / 1e6).toFixed(1)} MB`;
    say(
      `${kind}: ${clients} at once, 3 rounds; ${sum} came and went (${after.accepted - before.accepted} accepted in all, ${after.broken - before.broken} broken off); ${megabytes(talked.bytes)} by ${talked.talkers} talkers; heap ${megabytes(before.heapUsed)} to ${megabytes(after.heapUsed)}, rss ${megabytes(before.rss)} to ${megabytes(after.rss)}, descriptors ${before.fds} to ${after.fds}; ${Math.round((performance.now() - began) / 1000)} s`,
    );
  }
  return problems;
}
