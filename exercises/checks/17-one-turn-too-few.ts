import { check, type Exercise, Failure } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "One turn too few",
  task: "Serve any number of clients with await, on a loop of our own over a selector.",
  hints: [
    "Say hello, and wait; nothing. Connect a second client, and the first one's answer is there. What did the second one bring, other than itself? One more turn of the loop.",
    "resolve() only queues a microtask. It goes on in readLine(), which returns; that queues another one for talk(). How many microtasks does await Promise.resolve() wait for?",
    "The loop must not sleep in select() before nobody can go on any more. Something that comes after all microtasks, however many follow from each other, is a turn of Node's own loop.",
    "await setImmediate() from node:timers/promises: it is imported already.",
  ],
  checks: [
    check("a client is answered, with nobody else there", async (trial) => {
      const client = await trial.client("The client");
      const isHeard = (): boolean => client.unread !== "" || client.isOver;
      client.say("hello\n");
      if (await client.until(isHeard)) {
        await client.hears("Hello world\n");
        return;
      }
      await trial.client("Another client");
      const then = (await client.until(isHeard))
        ? "Then another client connected, and at once the answer came."
        : "Neither did it get one when another client connected.";
      throw new Failure(
        `The client typed "hello" and got no answer ${trial.within}. ${then}`,
      );
    }),
    check("also if a line comes in many pieces", async (trial) => {
      const client = await trial.client("The client");
      for (const letter of "a line in pieces") {
        client.say(letter);
        await client.until(() => client.isOver, 10);
      }
      client.say("\n");
      if (await client.until(() => client.unread !== "" || client.isOver)) {
        await client.hears("Hello world\n");
        return;
      }
      throw new Failure(
        `The client typed a line letter by letter, and got no answer to it ${trial.within}.`,
      );
    }),
    check("so are many, who come and go", async (trial) => {
      for (const number of [1, 2, 3]) {
        const first = await trial.client(`Client ${number}`);
        const second = await trial.client(`Client ${number}'s neighbour`);
        await first.asks("hello\n", "Hello world\n");
        await second.asks("hi\n", "Hello world\n");
        first.end();
        await first.hearsTheEnd();
        second.reset();
      }
    }),
    check("it sleeps while nobody says anything", async (trial) => {
      const { program } = await trial.serve();
      await trial.sleeps(program, "while nobody says anything");
    }),
  ],
};
