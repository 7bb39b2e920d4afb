import { check, type Exercise } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "One leaves, all fall",
  task: "Serve any number of clients with select(). That one of them leaves is nothing to the others.",
  hints: [
    "Let two clients connect and one leave, and read what the program says with its last breath. Which call complains, and of whom?",
    "select() is given the list anew each turn, and looks at every socket of it. Is everybody in it still there?",
    "A closed socket has no descriptor any more. Take it out of toMonitor when you close it.",
  ],
  checks: [
    check("two clients are served", async (trial) => {
      const first = await trial.client("The first client");
      const second = await trial.client("The second client");
      await first.asks("hello\n", "Hello world\n");
      await second.asks("hi\n", "Hello world\n");
    }),
    check("that one leaves is nothing to the others", async (trial) => {
      const first = await trial.client("The first client");
      const second = await trial.client("The second client");
      await second.asks("hi\n", "Hello world\n");
      first.end();
      await first.hearsTheEnd();
      await second.asks(
        "still there?\n",
        "Hello world\n",
        "when the first had left",
      );
    }),
    check("neither is that one breaks off", async (trial) => {
      const first = await trial.client("The first client");
      const second = await trial.client("The second client");
      await first.asks("hello\n", "Hello world\n");
      first.reset();
      for (let i = 0; i < 3; i++) {
        await second.asks(
          "still there?\n",
          "Hello world\n",
          "when the first had broken off",
        );
      }
    }),
  ],
};
