import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { Change } from "../runner/change.ts";
import { quoted } from "../runner/client.ts";
import { check, type Exercise, Failure } from "../runner/exercise.ts";

const names = ["one", "two", "three", "four", "five"];
const startMs = 20_000;

/** A site that answers nobody before it is told to, and the last one first. */
class Site {
  readonly #waiting: [url: string, response: ServerResponse][] = [];
  readonly #change = new Change();
  readonly #server = createServer(({ url = "" }, response) => {
    this.#waiting.push([url, response]);
    this.#change.happened();
  });

  static async start(): Promise<Site> {
    const site = new Site();
    site.#server.listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    return site;
  }

  get port(): number {
    const address = this.#server.address();
    return address instanceof Object ? address.port : 0;
  }

  /** How many pages it was asked for. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Waits until it was asked for so many, or the time is over. */
  asked(count: number, ms: number): Promise<boolean> {
    return this.#change.until(() => this.count >= count, ms);
  }

  answer(): void {
    const next = this.#waiting.pop();
    if (!next) return;
    const [url, response] = next;
    response.end(`This is ${url}`, () => {
      this.answer();
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export const exercise: Exercise = {
  title: "One after another",
  task: "Load several pages at once, and print them in the order in which they were asked for.",
  hints: [
    "Run it and look at the time at the end: it is the sum of all. Which line waits?",
    "Calling load() starts it. await is what waits. Nothing says that both must be done in the same breath.",
    "Start all of them first, names.map(...), and then wait for all of them: await Promise.all(...).",
  ],
  checks: [
    check("all are asked for before the first has come", async (trial) => {
      const site = await Site.start();
      trial.atEnd(() => {
        site.close();
      });
      const program = trial.start([`http://127.0.0.1:${site.port}`, ...names]);
      await site.asked(1, startMs);
      await site.asked(names.length, trial.patienceMs);
      if (site.count < names.length) {
        throw new Failure(
          `The site was asked for ${site.count} of ${names.length} pages, and then for no more ${trial.within}: the program waited for the first answer.`,
        );
      }
      site.answer();
      await trial.finished(program);
      const expected = names.map((name) => `This is /${name}\n`).join("");
      if (program.stdout !== expected) {
        throw new Failure(
          `The last page came first, and they should be printed in the order in which they were asked for. The program printed ${quoted(program.stdout)}.`,
        );
      }
    }),
  ],
};
