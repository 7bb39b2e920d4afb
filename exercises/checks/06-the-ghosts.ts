import { check, type Exercise } from "../runner/exercise.ts";

export const exercise: Exercise = {
  title: "The ghosts",
  task: "Tell everyone who says something how many clients are here.",
  hints: [
    "Let three clients come and go, and then ask again. Whom does the program still count?",
    "The count is the selector's own map. Who has put the clients into it, and who takes them out?",
    "close() tells the kernel, not the selector. unregister() is what takes the client, and its callback, out of the selector's map.",
  ],
  checks: [
    check("those who are here are counted", async (trial) => {
      const first = await trial.client("The first client");
      await first.asks("how many?\n", "1 here\n");
      const second = await trial.client("The second client");
      await second.asks("how many?\n", "2 here\n");
      first.end();
      second.end();
      await first.hearsTheEnd();
      await second.hearsTheEnd();
    }),
    check("those who have left are not", async (trial) => {
      const clients = [
        await trial.client("The first of three"),
        await trial.client("The second of three"),
        await trial.client("The third of three"),
      ];
      for (const client of clients) {
        client.say("hello\n");
        await client.until(() => client.unread.includes(" here\n"));
      }
      for (const client of clients) {
        await client.hears(client.unread);
        client.end();
        await client.hearsTheEnd();
      }
      const alone = await trial.client("The only client");
      await alone.asks("how many?\n", "1 here\n", "when three others had left");
    }),
    check("nor those who broke off", async (trial) => {
      const other = await trial.client("The client that breaks off");
      other.say("hello\n");
      await other.until(() => other.unread.includes(" here\n"));
      other.reset();
      const late = await trial.client("The client that came later");
      late.say("how many?\n");
      await late.hears("2 here\n", "with one more beside it");
    }),
  ],
};
