/** Has processes of their own call the library with anything, and watches them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export type Layer = "public" | "raw";

export const layers: readonly Layer[] = ["raw", "public"];

export interface Campaign {
  readonly layer: Layer;
  readonly seed: number;
  readonly calls: number;
  readonly progress?: (done: number) => void;
}

/** What the child says: a batch begins, or what was wrong in it; it is over. */
interface Line {
  readonly batch?: number;
  readonly done?: number;
  readonly wrong?: readonly string[];
  readonly over?: boolean;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** No batch takes so long, on the slowest machine. */
const longestMs = 45_000;

/** How to see a batch again, call by call. */
function again(layer: Layer, batch: number): string {
  return `node --expose-gc --import tsx test/programs/fuzz.ts ${layer} ${batch} 250 trace`;
}

/** Gives what is wrong: nothing, it is to be hoped. */
export async function fuzz(campaign: Campaign): Promise<string[]> {
  const { layer, seed, calls, progress } = campaign;
  const program = "test/programs/fuzz.ts";
  const args = ["--expose-gc", "--import", "tsx", program, layer];
  const child: ChildProcess = spawn(
    process.execPath,
    [...args, String(seed), String(calls)],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("no pipes");
  const found: string[] = [];
  let errors = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  let batch = 0;
  const said = { isOver: false };
  let watchdog: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      found.push(`it hangs: ${again(layer, batch)}`);
      child.kill("SIGKILL");
    }, longestMs);
  };
  watch();
  createInterface({ input: stdout }).on("line", (text) => {
    watch();
    const line = JSON.parse(text) as Line;
    batch = line.batch ?? batch;
    if (line.done !== undefined) progress?.(line.done);
    if (line.over === true) said.isOver = true;
    for (const wrong of line.wrong ?? []) {
      found.push(`${wrong}: ${again(layer, batch)}`);
    }
  });
  const [code, signal] = (await once(child, "close")) as unknown[];
  clearTimeout(watchdog);
  if (!said.isOver || code !== 0) {
    const end = `ended with ${String(code)} ${String(signal)} ${errors}`;
    found.push(`${end}: ${again(layer, batch)}`);
  }
  return found;
}
