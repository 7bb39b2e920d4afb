/**
 * What `npm run lesson 18 -- --measure` does: it starts the server, without workers
 * and with two, and counts what a client gets that asks for fib(1) all the time,
 * first alone and then beside one that asks for fib(35) all the time.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const index = fileURLToPath(new URL("index.ts", import.meta.url));

/** For a shell: run a command, and end it when we are gone or close the pipe. */
const guard = 'trap "" INT; "$@" & read -r _; kill $! 2> /dev/null';

/** Asks for one number again and again. */
function ask(port: number, n: number, onAnswer: () => void): () => void {
  const socket = connect(port, "127.0.0.1");
  const next = (): boolean => socket.write(`${n}\n`);
  socket.on("connect", next).on("data", next).on("data", onAnswer);
  return () => socket.destroy();
}

for (const workers of ["0", "2"]) {
  const server = [...process.execArgv, index, "0", "--workers", workers];
  const child = spawn(
    "/bin/sh",
    ["-c", guard, "guard", process.execPath, ...server],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const line = String(await once(createInterface(child.stdout), "line"));
  const port = Number(line.split(":")[1]);
  console.log(`${workers} workers, on ${availableParallelism()} cores:`);

  let answers = 0;
  const leave = ask(port, 1, () => answers++);
  const counted = async (when: string): Promise<void> => {
    answers = 0;
    await setTimeout(1000);
    const figure = String(answers).padStart(7);
    console.log(`${figure} fib(1) in a second, ${when}`);
  };
  await counted("alone");
  const leaveToo = ask(port, 35, () => undefined);
  await counted("beside fib(35)");

  leave();
  leaveToo();
  child.stdin.end(); // the shell ends the server
  await once(child, "close");
}
process.exit();
