/**
 * Blocks in a call, and tells what ended it: call, and "before" if the program
 * is to send itself the signal right before the call.
 */
import { writeSync } from "node:fs";
import { OSError } from "posix-select";
import { blockingCall } from "./blocking-calls.ts";

const [name, when] = process.argv.slice(2);
const call = blockingCall(name);
const tell = (fact: object): number =>
  writeSync(1, `${JSON.stringify(fact)}\n`);

let isInCall = false;
process.on("SIGUSR2", (signal) => {
  tell({ listener: signal, isInCall });
  process.exit(0);
});

tell({ ready: true });
isInCall = true;
if (when === "before") process.kill(process.pid, "SIGUSR2");
try {
  call();
  tell({ result: true });
} catch (error) {
  if (!(error instanceof OSError)) throw error;
  const { name, code, syscall, bytesSent } = error;
  tell({ name, code, syscall, bytesSent });
}
isInCall = false;

// The listener has its turn; without one the program would end here.
setInterval(() => undefined, 1000);
