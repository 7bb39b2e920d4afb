/**
 * Rounds of test/programs/threads.mjs, each a process of its own that has to end
 * as it should, whatever its threads are at.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wallClock } from "node:timers/promises";
import { inTurn } from "../../scripts/in-turn.ts";
import { Random } from "../differential/random.ts";
import { root } from "./markdown.ts";

/** What ends, and how the process then ends. */
export const ends = {
  terminate: "0",
  teardown: "0",
  wakeup: "0",
  exitTimer: "7",
  exitList: "7",
  exitRegister: "7",
  exitReady: "7",
  throwList: "1",
  throwReady: "1",
  term: "SIGTERM",
  termListener: "7",
  end: "0",
} as const;

export type Kind = keyof typeof ends;

export function isKind(name: string): name is Kind {
  return Object.hasOwn(ends, name);
}

export const kinds = Object.keys(ends).filter(isKind);

export interface Round {
  readonly kind: Kind;
  readonly seed: number;
  /** Who watches for the awaited waits: libuv's loop, or a thread of ours. */
  readonly watcher: "loop" | "thread";
}

/** Longer than the slowest machine needs: it hangs. */
const limitMs = 120_000;

/** Runs one. Gives what went wrong, or "". */
async function run({ kind, seed, watcher }: Round): Promise<string> {
  const random = new Random(seed);
  const file = "test/programs/threads.mjs";
  const child = spawn(
    process.execPath,
    ["--expose-gc", "--no-warnings", file, kind, String(seed), watcher],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const started = once(child.stdout, "data");
  child.stdout.resume();
  const limit = AbortSignal.timeout(limitMs);
  limit.addEventListener("abort", () => {
    child.kill("SIGKILL");
  });
  const closed = once(child, "close");
  if (kind === "termListener" || kind === "term") {
    // A listener must be there; without one any moment will do.
    const isBlind = kind === "term" && random.chance(0.5);
    if (isBlind) await wallClock(random.next() * 300);
    else await Promise.race([started, closed]);
    if (!isBlind) await wallClock(random.next() * 5);
    child.kill("SIGTERM");
  }
  await closed;
  const end = String(child.signalCode ?? child.exitCode);
  if (limit.aborted) return `it hangs; ${stderr}`;
  const isMeant = kind === "throwList" || kind === "throwReady";
  const isQuiet = isMeant ? stderr.includes("Error: meant") : stderr === "";
  return end === ends[kind] && isQuiet ? "" : `ended with ${end}: ${stderr}`;
}

/** Runs all; `tell` hears of each. */
export async function runRounds(
  rounds: readonly Round[],
  width: number,
  tell: (round: Round, problem: string) => void,
): Promise<void> {
  const turn = inTurn(width);
  const one = async (round: Round): Promise<void> => {
    tell(round, await run(round));
  };
  await Promise.all(rounds.map((round) => turn(() => one(round))));
}

/** Each kind in turn, first with libuv's loop, then with a thread. */
export function plan(
  count: number,
  seed: number,
  only: readonly Kind[] = kinds,
): Round[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: only[i % only.length] ?? "terminate",
    seed: seed + i,
    watcher: Math.floor(i / only.length) % 2 === 0 ? "loop" : "thread",
  }));
}
