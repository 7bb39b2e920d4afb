/**
 * What `npm run lesson 22 -- --measure [n]` does: it starts the server with 1, 2, 4,
 * ... up to n processes (as many as there are cores, unless told), has as many other
 * processes ask it, each with 50 clients, and counts the answers.
 */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const index = fileURLToPath(new URL("index.ts", import.meta.url));

/** For a shell: run a command, and end it when we are gone or close the pipe. */
const guard = 'trap "" INT; "$@" & read -r _; kill $! 2> /dev/null';

/** In a process of its own: asks for a second, and tells how often it was answered. */
async function ask(port: number): Promise<void> {
  let answers = 0;
  for (let i = 0; i < 50; i++) {
    const socket = connect(port, "127.0.0.1");
    const next = (): boolean => socket.write("hello\n");
    socket.on("connect", next).on("data", next);
    socket.on("data", () => answers++);
  }
  await setTimeout(500); // all are there now
  answers = 0;
  await setTimeout(1000);
  process.send?.(answers, () => process.exit());
}

/** How many answers `count` processes give in a second to as many others. */
async function measure(count: number): Promise<number> {
  const options = [index, "0", "--processes", String(count)];
  const server = spawn(
    "/bin/sh",
    ["-c", guard, "guard", process.execPath, ...process.execArgv, ...options],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const lines = createInterface(server.stdout);
  const port = String(await once(lines, "line")).split(":")[1] ?? "";
  const asking = Array.from({ length: count }, async () => {
    const child = fork(import.meta.filename, [port]);
    return Number(await new Promise((resolve) => child.on("message", resolve)));
  });
  const figures = await Promise.all(asking);
  server.stdin.end(); // the shell ends the parent, and with it the others
  await once(server, "close");
  return figures.reduce((sum, figure) => sum + figure, 0);
}

if (process.argv[2] !== "--measure") {
  await ask(Number(process.argv[2]));
} else {
  const cores = availableParallelism();
  console.log(`This machine has ${cores} cores, and who asks takes some, too.`);
  const most = Number(process.argv[3] ?? cores);
  for (let n = 1; n <= most; n *= 2) {
    console.log(
      `${n} serve, ${n} ask: ${await measure(n)} answers in a second`,
    );
  }
  process.exit();
}
