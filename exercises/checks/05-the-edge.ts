import { epoll } from "posix-select/select";
import { check, type Exercise, Failure } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "The edge",
  task: "Give every client back what it says, all of it, over an edge-triggered epoll.",
  missing: epoll
    ? undefined
    : "There is no epoll on this system: go on with the next.",
  hints: [
    "Say a line of forty letters. How many come back, and what happens when you then say just one more?",
    "EPOLLET makes epoll tell of news only: once when something has come, and not again because some of it is still unread. How much of it does one tryRecvInto() take?",
    "Read in a loop until tryRecvInto() gives undefined: nothing more for now. And mind the 0 in between: then the client has ended.",
  ],
  checks: [
    check("a short line comes back", async (trial) => {
      const client = await trial.client("The client");
      await client.asks("hello\n", "hello\n");
      await client.asks("and again\n", "and again\n");
    }),
    check("a long line comes back, all of it", async (trial) => {
      const client = await trial.client("The client");
      const line = `${"abcdefgh".repeat(20)}\n`;
      await client.asks(line, line);
      await client.asks("and a short one\n", "and a short one\n");
    }),
    check(
      "who says much and ends its side at once hears all, and the end",
      async (trial) => {
        const client = await trial.client("The client");
        const lines = "the last words of all\n".repeat(10);
        client.say(lines);
        client.end();
        await client.hears(lines);
        await client.hearsTheEnd();
      },
    ),
    check("it is edge-triggered, as before", (trial) => {
      if (/\| *EPOLLET\b|\bEPOLLET *\|/.test(trial.source)) return;
      throw new Failure(
        "Without EPOLLET it works, and epoll tells again and again what is unread. Here the art is to do with being told once.",
      );
    }),
  ],
};
