/**
 * Waits for 400 ms in select(), then in recv(), while something goes on that
 * must not end the waits: "resized" (by the test), "child" or "profiler"; with
 * "listener" a listener is installed for a signal that does not come.
 */
import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { select } from "posix-select/select";
import { socketpair } from "posix-select/socket";
import { TimeoutError } from "posix-select";

const [what, listener] = process.argv.slice(2);

function disturb(): void {
  if (what === "resized") {
    process.on("SIGWINCH", () => undefined);
  } else if (what === "child") {
    for (const seconds of ["0.1", "0.2", "0.5", "0.6"]) {
      spawn("sleep", [seconds], { stdio: "ignore" });
    }
  } else if (what === "profiler") {
    const session = new Session();
    session.connect();
    session.post("Profiler.enable");
    session.post("Profiler.setSamplingInterval", { interval: 500 });
    session.post("Profiler.start");
  }
}

function measured(wait: () => unknown): number {
  const start = performance.now();
  wait();
  return performance.now() - start;
}

disturb();
if (listener === "listener") process.on("SIGUSR2", () => undefined);
// A terminal's first output makes Node listen to SIGWINCH.
console.log("output");
writeSync(1, `ready ${process.pid}\n`);

const [socket] = socketpair();
socket.setTimeout(400);
const selectMs = measured(() => select([socket], [], [], 400));
const recvMs = measured(() => {
  try {
    socket.recv(1);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
});
writeSync(1, `waited ${selectMs} ${recvMs}\n`);
process.exit(0);
