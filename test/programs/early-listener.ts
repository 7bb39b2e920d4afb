/** Listens to a signal before the library is there, and then waits. */
import { writeSync } from "node:fs";

process.on("SIGUSR2", () => {
  writeSync(1, "heard\n");
  process.exit(0);
});

const { select } = await import("posix-select/select");
process.kill(process.pid, "SIGUSR2");
try {
  select([], [], [], 30_000);
  writeSync(1, "waited on\n");
} catch (error) {
  writeSync(1, `${String(error)}\n`);
}
setInterval(() => undefined, 1000);
