/**
 * Does what needs new descriptors when there are none left, and prints as JSON
 * how each failed and how many were free after it. Has to be started with a low
 * limit (`ulimit -n`).
 */
import { closeSync, writeSync } from "node:fs";
import { pipe } from "posix-select/fd";
import {
  createConnection,
  createServer,
  Socket,
  socketpair,
} from "posix-select/socket";

/** Takes all descriptors that are free. */
function takeAll(): number[] {
  const taken: number[] = [];
  const spare = new Socket();
  try {
    for (;;) taken.push(spare.dup().detach());
  } catch {
    taken.push(spare.detach());
    return taken;
  }
}

const listener = createServer({ port: 0 });
const { host = "", port = 0 } = listener.getsockname();
const client = createConnection({ host, port });
const [a, b] = socketpair();
a.sendmsg("x", { fds: [0, 1, 2] });

const calls: Readonly<Record<string, () => unknown>> = {
  socket: () => new Socket(),
  socketpair: () => socketpair(),
  pipe: () => pipe(),
  fcntl: () => client.dup(),
  accept: () => listener.accept(),
  tryAccept: () => listener.tryAccept(),
  createConnection: () => createConnection({ host, port }),
};

const taken = takeAll();
const results: Record<string, unknown> = {};
for (const [name, call] of Object.entries(calls)) {
  // With one left, what makes two has to give it back.
  for (const left of [0, 1]) {
    if (left === 1 && name !== "socketpair" && name !== "pipe") continue;
    if (left === 1) closeSync(taken.pop() ?? -1);
    let failure: unknown = null;
    try {
      call();
    } catch (error) {
      const { code, syscall } = error as { code: string; syscall: string };
      failure = { code, syscall };
    }
    const free = takeAllAgain();
    results[`${name} with ${left}`] = { failure, free };
  }
}

/** Takes what a failed call has left, and gives how much that was. */
function takeAllAgain(): number {
  let free = 0;
  try {
    for (;;) {
      taken.push(client.dup().detach());
      free++;
    }
  } catch {
    return free;
  }
}

// A message whose descriptors there is no room for loses them.
const { data, fds, flags } = b.recvmsg(1, { maxFds: 3 });
results["recvmsg"] = { data: data.toString(), fds, flags };

// A client that could not be accepted is still there.
closeSync(taken.pop() ?? -1);
listener.setTimeout(30_000);
results["accepted later"] = listener.accept()[0].fileno() >= 0;
writeSync(1, `${JSON.stringify(results)}\n`);
