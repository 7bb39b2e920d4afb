/** Some of what `npm run test:faults` tries. */
import { describe, expect, test } from "vitest";
import { Faults, whyNot } from "./faults.ts";
import { crawls, wrongInCalls, wrongInCrawl } from "./programs.ts";
import { scenarios, wrongIn } from "./scenarios.ts";
import { Server, subjects } from "./servers.ts";

const reason = whyNot();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const tried = ["03-select", "echo: selector", "echo: promises"];

describe.skipIf(reason !== undefined)("a server whose calls fail", () => {
  test.concurrent.each(subjects.filter(({ name }) => tried.includes(name)))(
    "$name neither ends nor spins, and loses no byte",
    async (subject) => {
      using faults = new Faults();
      await using server = await Server.start(subject, faults);
      const wrong: string[] = [];
      for (const scenario of scenarios) {
        if (!scenario.isFor(subject)) continue;
        const outcome = await scenario.run(server, faults);
        faults.clear();
        for (const word of wrongIn(scenario, subject, outcome)) {
          wrong.push(`${scenario.name}: ${word}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );
});

describe.skipIf(reason !== undefined)("a program whose calls fail", () => {
  test("each socket call that is interrupted is made again", async () => {
    using faults = new Faults();
    expect(await wrongInCalls(faults)).toEqual([]);
  });

  test("a crawler finds what there is, and tells of what it does not", async () => {
    using faults = new Faults();
    const wrong: string[] = [];
    for (const crawl of crawls) {
      for (const word of await wrongInCrawl(crawl, faults)) {
        wrong.push(`${crawl.name}: ${word}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
