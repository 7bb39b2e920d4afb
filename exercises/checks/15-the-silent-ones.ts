import type { Client } from "../runner/client.ts";
import { check, type Exercise, Failure } from "../runner/exercise.ts";

const idleMs = 800;

/** @param ms How long it waits for that. */
async function expectPutOut(
  client: Client,
  ms: number,
  when: string,
): Promise<void> {
  await client.until(() => client.isOver, ms);
  if (client.isOver) return;
  throw new Failure(
    `${client.who} had ${idleMs} ms, and was still connected after ${ms} ms${when}.`,
  );
}

export const exercise: Exercise = {
  title: "The silent ones",
  task: "Put out every client that has said nothing for a second (or as many milliseconds as the second argument says). Who goes on talking stays.",
  hints: [
    "Let one client talk all the time, and one keep silent. When does select() ever wait for its whole time-out?",
    "Every word of the talker ends the wait, and the next wait begins anew. But how long the silent one may stay does not begin anew: its deadline stands in the map.",
    "Sleep no longer than until the earliest deadline: Math.min(...deadlines.values()) - performance.now(). (Of no clients at all that is Infinity, and select() takes it for ever.)",
    "And after every wait, whatever ended it, look through the deadlines: who is past its own is let go, and nobody else.",
  ],
  checks: [
    check("a silent client is put out when its time is over", async (trial) => {
      await trial.serve(String(idleMs));
      const silent = await trial.client("The silent client");
      await expectPutOut(silent, idleMs + trial.patienceMs, "");
    }),
    check(
      "also while another one talks, and the talker stays",
      async (trial) => {
        const talker = await trial.client("The client that talks");
        const silent = await trial.client("The silent client");
        const start = performance.now();
        const talk = (async () => {
          const until = start + 3 * idleMs + trial.patienceMs;
          const enough = start + 2 * idleMs;
          while (performance.now() < (silent.isOver ? enough : until)) {
            await talker.asks(
              "bla\n",
              "Hello world\n",
              "while it went on talking",
            );
            await talker.until(() => talker.isOver, 20);
          }
        })();
        const putOut = expectPutOut(
          silent,
          idleMs + trial.patienceMs,
          ", while another one was talking",
        );
        const outcomes = await Promise.allSettled([talk, putOut]);
        for (const { reason } of outcomes.filter(
          (outcome) => outcome.status === "rejected",
        )) {
          throw reason;
        }
      },
    ),
    check("it sleeps until the next deadline", async (trial) => {
      const { program } = await trial.serve(String(idleMs));
      await trial.sleeps(program, "while nobody is there");
    }),
  ],
};
