import { readSync } from "node:fs";

/** Prints how much memory JavaScript has, all that is dead aside. */
function printMemory(): void {
  globalThis.gc?.(); // with --expose-gc
  const { heapUsed, external } = process.memoryUsage();
  console.log(heapUsed + external);
}

const room = Buffer.alloc(4096);

/** What a server does when stdin, its runner, is readable. */
export function answerControl(): void {
  if (readSync(0, room) === 0) process.exit();
  printMemory();
}

/** The same for a server of Node's own. */
export function watchControl(): void {
  process.stdin.on("data", printMemory);
  process.stdin.on("end", () => process.exit());
}
