import { check, type Exercise } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "The one who left",
  task: "Serve one client after another, and tell each how much it said. A client that has ended its side is let go, and the next one is served.",
  hints: [
    "Run it, and in another terminal: echo hello | nc -N 127.0.0.1 5001. What is answered after the first line, and how many bytes did nobody say?",
    "recv() waits for the next words. But once the other side has ended there are none to wait for: it returns at once, and an empty buffer is all it gives.",
    "A request of length 0 means that the client has nothing more to say. Leave the loop: the finally below closes its socket.",
  ],
  checks: [
    check("a client is told how much it said", async (trial) => {
      const first = await trial.client("The first client");
      await first.asks("hello\n", "You said 6 bytes\n");
      await first.asks("how do you do\n", "You said 14 bytes\n");
      first.leave();
    }),
    check("a client that ends its side is let go", async (trial) => {
      const first = await trial.client("The first client");
      await first.asks("hello\n", "You said 6 bytes\n");
      first.end();
      await first.hearsTheEnd();
    }),
    check(
      "the next one is served while the first still listens",
      async (trial) => {
        const first = await trial.client("The first client");
        await first.asks("hello\n", "You said 6 bytes\n");
        first.end();
        const second = await trial.client("The second client");
        await second.asks(
          "hi\n",
          "You said 3 bytes\n",
          "though the first had ended its side",
        );
      },
    ),
  ],
};
