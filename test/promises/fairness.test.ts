/** What never has to wait must not starve the rest of the program. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import {
  createServer as createNetServer,
  connect as netConnect,
} from "node:net";
import { describe, expect, test } from "vitest";
import { BusyError } from "posix-select/errors";
import {
  accept,
  connect,
  readable,
  recv,
  recvInto,
  select,
  sendAll,
  writable,
} from "posix-select/promises";
import {
  AF_INET,
  createConnection,
  createServer,
  MSG_PEEK,
  SOCK_DGRAM,
  Socket,
  socketpair,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { inet } from "../socket/support.ts";
import { expectRejection, outcomeOf, receiveNow } from "./support.ts";

/** Every kind of thing that wants its turn. */
async function everythingElse(): Promise<void> {
  const server = createNetServer((peer) => peer.end("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const [text] = await Promise.all([
    new Promise<string>((resolve, reject) => {
      let text = "";
      netConnect(port, "127.0.0.1")
        .setEncoding("utf8")
        .on("data", (more: string) => (text += more))
        .on("end", () => {
          resolve(text);
        })
        .on("error", reject);
    }),
    readFile("/etc/hosts"),
    new Promise((resolve) => setTimeout(resolve, 5)),
    new Promise((resolve) => setImmediate(resolve)),
  ]);
  expect(text).toBe("hello");
  server.close();
}

/** What is always ready: each gives a call that never has to wait. */
const firehoses: readonly (readonly [
  string,
  (cleanup: Cleanup) => () => Promise<unknown>,
])[] = [
  [
    "recv",
    (cleanup) => {
      const [a, b] = cleanup.both(socketpair());
      b.send("x");
      return () => recv(a, 1, { flags: MSG_PEEK });
    },
  ],
  [
    "recvInto",
    (cleanup) => {
      const [a, b] = cleanup.both(socketpair());
      b.close();
      return () => recvInto(a, new Uint8Array(1));
    },
  ],
  [
    "sendAll",
    (cleanup) => {
      const [a, b] = cleanup.both(socketpair());
      return async () => {
        await sendAll(a, "x");
        await recv(b, 1);
      };
    },
  ],
  [
    "readable and writable",
    (cleanup) => {
      const [a, b] = cleanup.both(socketpair());
      b.send("x");
      return () => Promise.all([readable(a), writable(a)]);
    },
  ],
  [
    "select",
    (cleanup) => {
      const [a] = cleanup.both(socketpair());
      return () => select([], [a], []);
    },
  ],
  [
    "a look",
    (cleanup) => {
      const [a] = cleanup.both(socketpair());
      return () => select([a], [], [], 0);
    },
  ],
  [
    "what fails",
    () => {
      const closed = new Socket();
      closed.close();
      return () => outcomeOf(recv(closed, 1));
    },
  ],
  [
    "accept",
    (cleanup) => {
      const listener = cleanup.use(createServer({ port: 0 }));
      const to = inet(listener.getsockname());
      return async () => {
        const client = createConnection(to);
        const [server] = await accept(listener);
        server.close();
        client.close();
      };
    },
  ],
  [
    "connect",
    (cleanup) => {
      const to = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
      to.bind({ host: "127.0.0.1", port: 0 });
      const socket = cleanup.use(new Socket(AF_INET, SOCK_DGRAM));
      const address = inet(to.getsockname());
      return () => connect(socket, address);
    },
  ],
];

describe("a loop that always finds something leaves turns to others", () => {
  test.for(firehoses)("%s", async ([, make]) => {
    using cleanup = new Cleanup();
    const call = make(cleanup);
    const rest = { isServed: false };
    const served = everythingElse().then(() => {
      rest.isServed = true;
    });
    // A loop that starves the rest would not see the end of it.
    let calls = 0;
    while (!rest.isServed && calls < 1_000_000) {
      await call();
      calls++;
    }
    expect(rest.isServed).toBe(true);
    await served;
  });

  test("so do many loops at once", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    b.send("x");
    let isServed = false;
    const served = everythingElse().finally(() => {
      isServed = true;
    });
    const loop = async (): Promise<number> => {
      let calls = 0;
      for (; !isServed && calls < 100_000; calls++) {
        await recv(a, 1, { flags: MSG_PEEK });
      }
      return calls;
    };
    const counts = await Promise.all(Array.from({ length: 200 }, loop));
    await served;
    // None was left out.
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

describe("calls that wait for their turn", () => {
  /** Does so much in this turn that all else is put off. */
  function useUpTurn(socket: Socket): void {
    // The clock is looked at once for 64: the turn has begun before the 20 ms do.
    for (let i = 0; i < 64; i++) void select([], [socket], [], 0);
    const end = performance.now() + 20;
    while (performance.now() < end);
    for (let i = 0; i < 64; i++) void select([], [socket], [], 0);
  }

  async function useUp(cleanup: Cleanup): Promise<void> {
    const [a] = cleanup.both(socketpair());
    await Promise.all(
      Array.from({ length: 100 }, () => select([], [a], [], 0)),
    );
  }

  test("are ended by their signals, and by the time that is theirs", async () => {
    using cleanup = new Cleanup();
    const [a] = cleanup.both(socketpair());
    const controller = new AbortController();
    const { signal } = controller;
    useUpTurn(a);
    const aborted = recv(a, 1, { signal });
    const late = recv(a, 1, { timeoutMs: 0 });
    controller.abort("why");
    expect(await outcomeOf(aborted)).toBe("ABORT_ERR");
    expect(await outcomeOf(late)).toBe("ETIMEDOUT");
    await useUp(cleanup);
  });

  // The second finds room that was made between its turn and the first one's.
  test("do not send amidst what another one sends", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const [c] = cleanup.both(socketpair());
    const data = Buffer.alloc(1_000_000, 1);
    const got: Buffer[] = [];
    useUpTurn(c);
    const first = sendAll(a, data);
    setImmediate(() => {
      got.push(receiveNow(b));
    });
    const second = sendAll(a, Buffer.alloc(10, 2), { timeoutMs: 1000 });
    await expectRejection(second, BusyError, { fd: a.fileno() });
    const done = first.then(() => {
      a.close();
    });
    for (;;) {
      const piece = await recv(b, 65536);
      if (piece.length === 0) break;
      got.push(piece);
    }
    await done;
    expect(Buffer.concat(got).equals(data)).toBe(true);
  });
});
