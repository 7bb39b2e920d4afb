import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { LessonServer } from "../lessons/lessons.ts";

/** `npm run test:hostile` has it try more, and longer. */
export const isLong = process.env["HOSTILE"] === "long";

/** How much there is of something: less where all tests run. */
export function amount(short: number, long: number): number {
  return isLong ? long : short;
}

/** The memory that a process has, in megabytes: 0 where nobody tells. */
export function memoryOf(pid: number): number {
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
    return (Number(pages) * 4096) / 1e6;
  } catch {
    return 0; // another system, or it has ended
  }
}

/** Watches how much more memory a lesson takes than at first. */
export class Memory implements Disposable {
  readonly #pid: number;
  readonly #before: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor({ program }: LessonServer) {
    this.#pid = program.pid;
    this.#before = memoryOf(this.#pid);
    this.#timer = setInterval(() => {
      this.#look();
    }, 20);
  }

  #look(): void {
    this.#most = Math.max(this.#most, memoryOf(this.#pid) - this.#before);
  }

  /** The most so far, in megabytes. */
  get growth(): number {
    this.#look();
    return this.#most;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** What no lesson takes more, however it is treated, in megabytes. */
export const mostGrowth = 120;

/** A client that does what it likes; whatever becomes of it is no error. */
export async function raw(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket.setNoDelay(true);
}

/** Many of them, a hundred at a time. */
export async function raws(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Math.min(100, count - sockets.length);
    const added = Array.from({ length: some }, () => raw(port));
    sockets.push(...(await Promise.all(added)));
  }
  return sockets;
}

export function destroyAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/**
 * Writes `piece` again and again, and never reads, until `most` bytes have been
 * written, or the system takes no more for a while: a bounded endless flood.
 */
export async function flood(
  socket: Socket,
  piece: string | Buffer,
  most: number,
  patienceMs = 300,
): Promise<number> {
  socket.pause();
  let written = 0;
  while (written < most && !socket.destroyed) {
    const isTaken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => {
        resolve(false);
      }, patienceMs);
      socket.write(piece, (error) => {
        clearTimeout(timer);
        resolve(error === null || error === undefined);
      });
    });
    if (!isTaken) break;
    written += piece.length;
  }
  return written;
}

/** All that it says until its end, one character for each byte. */
export async function rest(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (data: string) => {
    text += data;
  });
  socket.resume();
  const isOver = socket.closed || socket.readableEnded;
  if (!isOver) {
    await new Promise<void>((resolve) => {
      for (const event of ["end", "close"]) {
        socket.once(event, () => {
          resolve();
        });
      }
    });
  }
  socket.destroy();
  return text;
}
