import { constants } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { OSError } from "posix-select/errors";
import {
  SHUT_RD,
  SHUT_WR,
  SO_LINGER,
  Socket,
  SOL_SOCKET,
} from "posix-select/socket";
import type { Random } from "../differential/random.ts";
import { Cleanup } from "../helpers/cleanup.ts";

/** Closing then resets the connection. */
const linger0 = Buffer.from(new Int32Array([1, 0]).buffer);

interface Ports {
  readonly port: number;
  readonly fullPort: number;
}

function open({ port }: Ports): Socket {
  const socket = new Socket();
  // The server is another process: it goes on while this waits.
  socket.setTimeout(60_000);
  try {
    socket.connect({ host: "127.0.0.1", port });
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

function reset(socket: Socket): void {
  socket.setsockopt(SOL_SOCKET, SO_LINGER, linger0);
  socket.close();
}

/** Reads what was said, as far as it comes. */
function expectEcho(socket: Socket, said: Buffer): void {
  const pieces: Buffer[] = [];
  for (let left = said.length; left > 0;) {
    const piece = socket.recv(left);
    if (piece.length === 0) break;
    pieces.push(piece);
    left -= piece.length;
  }
  if (!Buffer.concat(pieces).equals(said)) throw new Error("another echo");
}

/** All manners to come and go; each gives how many connections it has made. */
export const manners = {
  "leaves after its answer": (ports: Ports, said: Buffer): number => {
    using socket = open(ports);
    socket.sendAll(said);
    expectEcho(socket, said);
    socket.close();
    return 1;
  },
  "half-closes, and reads to the end": (ports: Ports, said: Buffer): number => {
    using socket = open(ports);
    socket.sendAll(said);
    socket.shutdown(SHUT_WR);
    expectEcho(socket, said);
    if (socket.recv(1).length !== 0) throw new Error("more than the echo");
    socket.close();
    return 1;
  },
  "says nothing": (ports: Ports): number => {
    open(ports).close();
    return 1;
  },
  "resets at once": (ports: Ports): number => {
    reset(open(ports));
    return 1;
  },
  "resets after it has spoken": (ports: Ports, said: Buffer): number => {
    using socket = open(ports);
    socket.sendAll(said);
    reset(socket);
    return 1;
  },
  "speaks, and closes without reading": (
    ports: Ports,
    said: Buffer,
  ): number => {
    using socket = open(ports);
    socket.sendAll(said);
    socket.close();
    return 1;
  },
  "half-closes, and vanishes": (ports: Ports, said: Buffer): number => {
    using socket = open(ports);
    socket.sendAll(said);
    socket.shutdown(SHUT_WR);
    socket.shutdown(SHUT_RD);
    socket.close();
    return 1;
  },
  "half-closes, and resets": (ports: Ports): number => {
    using socket = open(ports);
    socket.shutdown(SHUT_WR);
    reset(socket);
    return 1;
  },
  "many break off before they are accepted": (ports: Ports): number => {
    using cleanup = new Cleanup();
    const sockets = Array.from({ length: 20 }, () => cleanup.use(open(ports)));
    for (const socket of sockets) reset(socket);
    return sockets.length;
  },
  "tries where the queue is full": (ports: Ports): number => {
    const sockets = Array.from({ length: 4 }, () => new Socket());
    for (const socket of sockets) {
      socket.setBlocking(false);
      const address = { host: "127.0.0.1", port: ports.fullPort };
      const errno = -socket.connectEx(address);
      if (![0, constants.errno.EINPROGRESS].includes(errno)) {
        throw new Error(`connect: ${errno}`);
      }
    }
    for (const socket of sockets) socket.close();
    return sockets.length;
  },
};

/** Until `isEnough`: how many connections of each manner there were. */
export async function storm(
  ports: Ports,
  random: Random,
  isEnough: (sum: number) => boolean,
): Promise<Map<string, number>> {
  const made = new Map<string, number>();
  const all = Object.entries(manners);
  for (let sum = 0, i = 0; !isEnough(sum); i++) {
    const [name, manner] = random.pick(all);
    const said = Buffer.alloc(random.between(1, 2000), random.between(0, 255));
    try {
      const count = manner(ports, said);
      sum += count;
      made.set(name, (made.get(name) ?? 0) + count);
    } catch (error) {
      if (!(error instanceof OSError && isMeant(error))) throw error;
    }
    if (i % 100 === 0) await turn();
  }
  return made;
}

/**
 * This side has no port left: 28,000 of them rest for a while. Or the server was
 * quicker to end it.
 */
function isMeant({ code }: OSError): boolean {
  return code === "EADDRNOTAVAIL" || code === "ENOTCONN";
}
