import { check, type Exercise, Failure } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "Three faults",
  task: "Serve any number of clients, each by a generator that yields what it waits for.",
  hints: [
    "First: the server waits for its first client, and says so by a yield. Look at what talk() yields, and what the loop makes of anything else.",
    "Second: who waits to be able to write is kept in toWrite. Where is it looked for when it can?",
    "Third: an error that leaves the generator comes out of task.next(), in the loop that runs everybody. Let talk() catch what only concerns its own client: an OSError.",
    'yield ["read", server]; wake(toWrite, writable); and in talk(), before finally: catch (error) { if (!(error instanceof OSError)) throw error; }',
  ],
  checks: [
    check("the server waits for clients", async (trial) => {
      const { program } = await trial.serve();
      const client = await trial.client("The first client");
      client.say("hello\n");
      await client.until(() => client.unread !== "" || program.isOver);
      if (program.isOver) {
        throw new Failure("The server ended before it had served anybody.");
      }
      client.leave();
    }),
    check("each client gets its answers", async (trial) => {
      const first = await trial.client("The first client");
      const second = await trial.client("The second client");
      await first.asks("hello\n", "Hello world\n");
      await second.asks("hi\n", "Hello world\n");
      await first.asks("and again\n", "Hello world\n");
      first.end();
      await first.hearsTheEnd();
    }),
    check("a client that breaks off takes nobody with it", async (trial) => {
      const staying = await trial.client("The client that stays");
      const broken = await trial.client("The client that breaks off");
      await broken.asks("hello\n", "Hello world\n");
      broken.reset();
      for (let i = 0; i < 3; i++) {
        await staying.asks(
          "hi\n",
          "Hello world\n",
          "when another one had broken off",
        );
      }
    }),
    check("it sleeps while nobody says anything", async (trial) => {
      const { program } = await trial.serve();
      await trial.sleeps(program, "while nobody says anything");
    }),
  ],
};
