import { check, type Exercise } from "../runner/exercise.ts";

const afterAWhile = "after it had thought for a while";

export const exercise: Exercise = {
  title: "Nothing yet",
  task: "Serve all clients by turns with calls that never wait. A client may think as long as it likes before it says something.",
  burnsACore: true,
  hints: [
    "Connect with nc and do nothing at all. Who hangs up, and in which line?",
    "recv() of a non-blocking socket cannot wait. If there is nothing to give it throws: print error.code where it is caught, and see which it is nearly always.",
    "EAGAIN means: nothing yet, ask again later. It has a class of its own, BlockingIOError, and acceptConnection() shows what to do with it. A client that only keeps silent has to stay in the set.",
  ],
  checks: [
    check("a client may think before it speaks", async (trial) => {
      const silent = await trial.client("A client");
      for (let i = 0; i < 5; i++) {
        const client = await trial.client("A client");
        await client.until(() => client.isOver, 50);
        await client.asks("hello\n", "Hello world\n", afterAWhile);
      }
      await silent.asks("hello\n", "Hello world\n", afterAWhile);
    }),
    check(
      "clients that end or break off are let go, and the rest stays",
      async (trial) => {
        const staying = await trial.client("The client that stays");
        const broken = await trial.client("The client that breaks off");
        await broken.asks("hello\n", "Hello world\n");
        broken.reset();
        const ending = await trial.client("The client that ends");
        await ending.asks("hello\n", "Hello world\n");
        ending.end();
        await ending.hearsTheEnd();
        await staying.asks("hi\n", "Hello world\n", "after others had left");
      },
    ),
  ],
};
