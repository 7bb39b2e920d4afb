// Our sends and receives, on a pair of sockets. A case is KIND/BYTES.
import type { Socket } from "posix-select/socket";
import { answerRunner, openSockets } from "./calls.js";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  readonly data: Buffer;
  readonly buffer: Buffer;
}

const kinds: Readonly<Record<string, (pair: Pair, count: number) => void>> = {
  recvInto: ({ near, far, data, buffer }, count) => {
    const { length } = data;
    for (let i = 0; i < count; i++) {
      if (near.send(data) !== length || far.recvInto(buffer) !== length) {
        throw new Error("not all sent");
      }
    }
  },
  recv: ({ near, far, data }, count) => {
    const { length } = data;
    for (let i = 0; i < count; i++) {
      if (near.send(data) !== length || far.recv(length).length !== length) {
        throw new Error("not all sent");
      }
    }
  },
  empty: ({ far, buffer }, count) => {
    for (let i = 0; i < count; i++) {
      if (far.tryRecvInto(buffer) !== undefined) {
        throw new Error("it was not empty");
      }
    }
  },
};

answerRunner((name) => {
  const [kind = "", size = ""] = name.split("/");
  const run = kinds[kind];
  const [near, far] = openSockets(2);
  if (run === undefined || near === undefined || far === undefined) {
    throw new Error(`no case: ${name}`);
  }
  const data = Buffer.alloc(Number(size), "x");
  const buffer = Buffer.alloc(Number(size));
  return {
    calls: (count) => {
      run({ near, far, data, buffer }, count);
    },
    close: () => {
      near.close();
      far.close();
    },
  };
});
