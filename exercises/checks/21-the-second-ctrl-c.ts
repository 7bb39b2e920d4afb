import { Client } from "../runner/client.ts";
import { check, type Exercise, Failure } from "../runner/exercise.ts";
import type { Program } from "../runner/program.ts";
import type { Trial } from "../runner/trial.ts";

/** Ctrl-C; resolves once the program has heard of it. */
async function interrupt(trial: Trial, program: Program): Promise<void> {
  program.signal("SIGINT");
  if (await program.output(/^Stopping/m, trial.patienceMs)) return;
  throw new Failure("At the first Ctrl-C stop() was not called.");
}

/** What becomes of who comes now. */
async function newcomer(port: number, patienceMs: number): Promise<string> {
  try {
    const client = await Client.connect("A newcomer", port, patienceMs);
    client.say("hello\n");
    await client.until(() => client.unread !== "" || client.isOver);
    client.leave();
    if (client.unread !== "") return "served like everybody else";
    return client.isOver ? "refused" : "neither let in nor refused";
  } catch {
    return "refused";
  }
}

export const exercise: Exercise = {
  title: "The second Ctrl-C",
  task: "At the first Ctrl-C let nobody in any more, serve those who are here until they leave, and then end. At the second one end at once.",
  hints: [
    "First: after Ctrl-C, connect another client. Which socket lets it in?",
    "stop() has to take the server out of the selector, and to close it: then whoever comes is refused.",
    "Second: Node ends a program at Ctrl-C only as long as nobody listens to SIGINT. Who still listens after the first one?",
    'process.once("SIGINT", stop): the listener is gone when it has run once.',
  ],
  checks: [
    check(
      "at the first Ctrl-C who is here is served, and then it ends",
      async (trial) => {
        const { program } = await trial.serve();
        const client = await trial.client("The client");
        await client.asks("hello\n", "Hello world\n");
        await interrupt(trial, program);
        await client.asks("still there?\n", "Hello world\n", "after Ctrl-C");
        client.end();
        await client.hearsTheEnd();
        await trial.finished(program, trial.patienceMs);
        const { code, signal } = await program.ended;
        if (code === 0) return;
        throw new Failure(
          `After Ctrl-C the last client left, and the program ended with ${signal ?? `exit code ${code}`}, not with 0.`,
        );
      },
    ),
    check("who comes after the first Ctrl-C is refused", async (trial) => {
      const { program, port } = await trial.serve();
      const client = await trial.client("The client that stays");
      await client.asks("hello\n", "Hello world\n");
      await interrupt(trial, program);
      const fate = await newcomer(port, trial.patienceMs);
      if (fate !== "refused") {
        throw new Failure(`After Ctrl-C another client came, and was ${fate}.`);
      }
      client.end();
      await client.hearsTheEnd();
      await trial.finished(program, trial.patienceMs);
    }),
    check("the second Ctrl-C ends it at once", async (trial) => {
      const { program } = await trial.serve();
      const client = await trial.client("A client that never leaves");
      await client.asks("hello\n", "Hello world\n");
      await interrupt(trial, program);
      program.signal("SIGINT");
      if (await program.end(trial.patienceMs)) {
        const words = (await program.lastWords()) ?? "";
        if (!words.includes("Error: ")) return;
        throw new Failure("At the second Ctrl-C the program broke down.");
      }
      throw new Failure(
        `A client was still there, Ctrl-C came twice, and the program still ran ${trial.patienceMs / 1000} s later.`,
      );
    }),
  ],
};
