import { readSync } from "node:fs";
import { type Socket, socketpair } from "posix-select/socket";

/** What is measured for a case, and what was opened for it. */
export interface Prepared {
  /** Makes so many calls. */
  readonly calls: (count: number) => void;
  readonly close: () => void;
}

/** The lines on stdin. Nothing but this and what is measured ever runs. */
function* lines(): Generator<string, void, undefined> {
  const buffer = Buffer.alloc(4096);
  let text = "";
  for (;;) {
    const end = text.indexOf("\n");
    if (end >= 0) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
      continue;
    }
    const bytes = readSync(0, buffer);
    if (bytes === 0) return;
    text += buffer.toString("utf8", 0, bytes);
  }
}

/**
 * The runner writes "CASE MS", and reads how many nanoseconds a call takes, out
 * of a loop of about so many milliseconds; "CASE =COUNT" makes just so many.
 */
export function answerRunner(prepare: (name: string) => Prepared): void {
  let current = "";
  let prepared: Prepared | undefined;
  let count = 1;
  for (const line of lines()) {
    const [name = "", amount = ""] = line.split(" ");
    if (name !== current) {
      prepared?.close();
      prepared = prepare(name);
      current = name;
      count = 1;
    }
    const calls = prepared?.calls;
    if (calls === undefined) throw new Error("no case");
    if (amount.startsWith("=")) {
      count = Number(amount.slice(1));
      console.log(measure(calls, count) / count);
      continue;
    }
    const wanted = Number(amount) * 1e6;
    let time = measure(calls, count);
    while (time < wanted) {
      const factor = time > wanted / 100 ? (1.1 * wanted) / time : 10;
      count = Math.trunc(count * factor) + 1;
      time = measure(calls, count);
    }
    console.log(time / count);
  }
}

function measure(calls: (count: number) => void, count: number): number {
  const start = performance.now();
  calls(count);
  return (performance.now() - start) * 1e6;
}

/** Sockets that are connected in pairs. */
export function openSockets(count: number): Socket[] {
  const sockets: Socket[] = [];
  while (sockets.length < count) sockets.push(...socketpair());
  for (const socket of sockets) socket.setBlocking(false);
  return sockets;
}

/** Makes the first ones readable: each has a byte from its peer. */
export function makeReady(sockets: readonly Socket[], ready: number): void {
  for (let i = 0; i < ready; i++) sockets[i ^ 1]?.send("x");
}
