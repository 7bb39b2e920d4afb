/** npm run test:faults    what the servers make of system calls that fail */
import { parseArgs } from "node:util";
import { Faults, whyNot } from "../test/faults/faults.ts";
import { scenarios, wrongIn } from "../test/faults/scenarios.ts";
import { Server, subjects } from "../test/faults/servers.ts";

const { values } = parseArgs({
  options: { server: { type: "string" }, fault: { type: "string" } },
});

const reason = whyNot();
if (reason === undefined) await run();
else console.log(`nothing was tried: ${reason}`);

async function run(): Promise<void> {
  const queue = subjects
    .filter(({ name }) => name.includes(values.server ?? ""))
    .values();
  await Promise.all(
    [1, 2].map(async () => {
      for (const subject of queue) {
        using faults = new Faults();
        let server = await Server.start(subject, faults);
        for (const scenario of scenarios) {
          const isWanted = scenario.name.includes(values.fault ?? "");
          if (!isWanted || !scenario.isFor(subject)) continue;
          const outcome = await scenario.run(server, faults);
          faults.clear();
          const wrong = wrongIn(scenario, subject, outcome);
          const mark = wrong.length === 0 ? "" : " <- WRONG";
          console.log(`${subject.name} | ${scenario.name} | ${outcome}${mark}`);
          if (wrong.length > 0) process.exitCode = 1;
          if (wrong.length === 0) continue;
          await server[Symbol.asyncDispose]();
          server = await Server.start(subject, faults);
        }
        await server[Symbol.asyncDispose]();
      }
    }),
  );
}
