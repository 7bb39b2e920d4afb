/** npm run test:faults    what programs make of system calls that fail */
import { parseArgs } from "node:util";
import { Faults, whyNot } from "../test/faults/faults.ts";
import { crawls, wrongInCalls, wrongInCrawl } from "../test/faults/programs.ts";
import { scenarios, wrongIn } from "../test/faults/scenarios.ts";
import { Server, type Subject, subjects } from "../test/faults/servers.ts";

const { values } = parseArgs({
  options: { server: { type: "string" }, fault: { type: "string" } },
});

const reason = whyNot();
if (reason !== undefined) console.log(`nothing was tried: ${reason}`);
else await run();

function isWanted(server: string, fault: string): boolean {
  return (
    server.includes(values.server ?? "") && fault.includes(values.fault ?? "")
  );
}

function tell(name: string, fault: string, said: string, isWrong: boolean) {
  console.log(`${name} | ${fault} | ${said}${isWrong ? " <- WRONG" : ""}`);
  if (isWrong) process.exitCode = 1;
}

async function run(): Promise<void> {
  await runPrograms();
  const queue = subjects
    .filter(({ name }) => name.includes(values.server ?? ""))
    .values();
  await Promise.all([1, 2].map(() => runServers(queue)));
}

/** Those that come to an end by themselves. */
async function runPrograms(): Promise<void> {
  using faults = new Faults();
  const calls = ["socket calls", "every second: EINTR"] as const;
  if (isWanted(...calls)) {
    const wrong = await wrongInCalls(faults);
    tell(...calls, wrong.join(", ") || "all is well", wrong.length > 0);
  }
  for (const crawl of crawls) {
    if (!isWanted("20-crawler", crawl.name)) continue;
    const wrong = await wrongInCrawl(crawl, faults);
    const said = wrong.join(", ") || "all is well";
    tell("20-crawler", crawl.name, said, wrong.length > 0);
  }
}

async function runServers(queue: Iterable<Subject>): Promise<void> {
  for (const subject of queue) {
    using faults = new Faults();
    let server = await Server.start(subject, faults);
    for (const scenario of scenarios) {
      if (!isWanted(subject.name, scenario.name)) continue;
      if (!scenario.isFor(subject)) continue;
      const outcome = await scenario.run(server, faults);
      faults.clear();
      const isWrong = wrongIn(scenario, subject, outcome).length > 0;
      tell(subject.name, scenario.name, outcome, isWrong);
      if (!isWrong) continue;
      await server[Symbol.asyncDispose]();
      server = await Server.start(subject, faults);
    }
    await server[Symbol.asyncDispose]();
  }
}
