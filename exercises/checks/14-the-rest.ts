import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Change } from "../runner/change.ts";
import { check, type Exercise, Failure } from "../runner/exercise.ts";

const all = 16 * 1024 * 1024;

/** How many bytes come to who asks and reads, until all are there or none come. */
async function receivedBy(client: Socket, patienceMs: number): Promise<number> {
  const change = new Change();
  let bytes = 0;
  const count = (data: Buffer): void => {
    bytes += data.length;
    change.happened();
  };
  client.on("data", count).write("please\n");
  for (let before = -1; bytes > before && bytes < all;) {
    before = bytes;
    await change.until(() => bytes > before, patienceMs);
  }
  client.off("data", count);
  return bytes;
}

async function received(port: number, patienceMs: number): Promise<number> {
  const client = connect({ host: "127.0.0.1", port });
  try {
    await once(client, "connect");
    client.on("error", () => undefined);
    return await receivedBy(client, patienceMs);
  } finally {
    client.destroy();
  }
}

function expectAll(who: string, bytes: number): void {
  if (bytes === all) return;
  const percent = Math.round((bytes / all) * 100);
  throw new Failure(
    `${who} asked for ${all} bytes and got ${bytes} (${percent} %), and then nothing more.`,
  );
}

export const exercise: Exercise = {
  title: "The rest",
  task: "Send 16 MB to every client that asks for it, however slowly it reads. Nobody waits for a slow reader, and while nobody can be sent anything the program sleeps.",
  hints: [
    "send() gives back a number. Print it: how many bytes did the system take, and how many were there?",
    "What was not taken is still to be sent, but not at once: the system has no room before the client has read something. The selector can tell when: EVENT_WRITE.",
    "selector.modify(client, EVENT_WRITE, callback) with a callback that calls sendTo() with the rest: data.subarray(sent).",
    "When all is sent, modify(client, EVENT_READ, readRequest): a socket that can be written is ready all the time, and a loop that keeps asking for that never sleeps. And a client that can take nothing just now makes send() throw BlockingIOError; trySend() gives undefined instead.",
  ],
  checks: [
    check("all of it arrives", async (trial) => {
      const { port } = await trial.serve();
      expectAll("A client", await received(port, trial.patienceMs));
    }),
    check("nobody waits for one that never reads", async (trial) => {
      const { port } = await trial.serve();
      const greedy = connect({ host: "127.0.0.1", port });
      try {
        await once(greedy, "connect");
        greedy.pause().write("please\n");
        const bytes = await received(port, trial.patienceMs);
        expectAll("A client, while another one asked and never read,", bytes);
      } finally {
        greedy.on("error", () => undefined).destroy();
      }
    }),
    check("it sleeps when all is sent", async (trial) => {
      const { program, port } = await trial.serve();
      const client = connect({ host: "127.0.0.1", port });
      try {
        await once(client, "connect");
        expectAll("A client", await receivedBy(client, trial.patienceMs));
        await trial.sleeps(program, "though all is sent");
        expectAll(
          "A client that asked again",
          await receivedBy(client, trial.patienceMs),
        );
      } finally {
        client.destroy();
      }
    }),
  ],
};
