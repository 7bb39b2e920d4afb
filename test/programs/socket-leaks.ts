/**
 * Loses sockets, has them collected, and prints as JSON what was told of them
 * and which of their descriptors are still open.
 */
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  createConnection,
  createServer,
  Socket,
  socketpair,
} from "posix-select/socket";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Warned {
  readonly name: string;
  readonly message: string;
}
const warnings: Warned[] = [];
process.on("warning", ({ name, message }) => {
  warnings.push({ name, message });
});

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

// Keeps what was given, so that its descriptors outlive their Sockets.
const kept: Socket[] = [];

/** How each loses its Sockets; it gives their descriptors. */
const ways: Readonly<Record<string, () => number[]>> = {
  dropped: () => [new Socket().fileno()],
  pair: () => socketpair().map((it) => it.fileno()),
  copy: () => {
    const socket = new Socket();
    kept.push(socket);
    return [socket.dup().fileno()];
  },
  accepted: () => {
    const listener = createServer({ port: 0 });
    const { host = "", port = 0 } = listener.getsockname();
    const client = createConnection({ host, port });
    kept.push(listener, client);
    return [listener.accept()[0].fileno()];
  },
  closed: () => {
    new Socket().close();
    return [];
  },
  detached: () => [new Socket().detach()],
  given: () => [Socket.fromFd(new Socket().detach()).fileno()],
  kept: () => {
    const socket = new Socket();
    kept.push(socket);
    return [socket.fileno()];
  },
  reused: () => {
    const lost = new Socket();
    const fd = lost.fileno();
    closeSync(fd);
    // The lowest free number is the next one's.
    const next = new Socket();
    kept.push(next);
    return next.fileno() === fd ? [fd] : [-1];
  },
  file: () => {
    const fd = new Socket().fileno();
    closeSync(fd);
    return openSync("/dev/null", "r") === fd ? [fd] : [-1];
  },
  gone: () => {
    closeSync(new Socket().fileno());
    return [];
  },
};

const results: Record<string, unknown> = {};
for (const [name, lose] of Object.entries(ways)) {
  const fds = lose();
  // A sentinel that is collected tells that finalizers have had their turn.
  let turns = 0;
  const seen = new FinalizationRegistry(() => turns++);
  seen.register({}, 0);
  for (let i = 0; i < 1000 && (turns === 0 || i < 10); i++) {
    collect();
    await setImmediate();
  }
  const open = fds.map((fd) => (name === "file" ? isOpen(fd) : isSocket(fd)));
  results[name] = { fds, open, warnings: warnings.splice(0) };
}
writeSync(1, `${JSON.stringify(results)}\n`);
process.exit(kept.length > 0 ? 0 : 1);

function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}
