import { Program } from "./program.ts";
import { c, commandOf, type Tool } from "./tools.ts";

/** What clients do: see bench/c/load.c. */
export interface Load {
  readonly clients: number;
  /** Messages that each sends at once. */
  readonly batch?: number;
  /** Clients that only connect. */
  readonly idle?: number;
  /** Bytes of an answer. */
  readonly answer?: number;
  readonly warmMs: number;
  readonly ms: number;
}

/** What they found, for a message or a second. */
export interface LoadResult {
  readonly messagesASecond: number;
  readonly cpuNs: number;
  /** The part of it that is not the kernel's. */
  readonly userNs: number;
}

/** The clients, or why there are none. */
export function loadTool(): Tool {
  return c("load");
}

/**
 * Starts clients, which have all connected when `connected` is called.
 * @param pids The server's processes.
 */
export async function runLoad(
  port: string,
  pids: readonly number[],
  load: Load,
  pin: (command: readonly string[]) => readonly string[] = (command) => command,
  connected?: () => Promise<void>,
): Promise<LoadResult> {
  const { clients, batch = 1, idle = 0, answer = 64, warmMs, ms } = load;
  const numbers = [clients, batch, idle, answer, warmMs, ms].map(String);
  const command = [...commandOf(loadTool()), port, pids.join(), ...numbers];
  await using program = new Program(pin(command));
  let line = await program.line();
  if (idle > 0) {
    await connected?.();
    line = await program.ask("begin");
  }
  const [messages = 0, ns = 0, cpu = 0, user = 0] = line.split(" ").map(Number);
  return {
    messagesASecond: (messages / ns) * 1e9,
    cpuNs: cpu / messages,
    userNs: user / messages,
  };
}
