/**
 * The scope's own thread: it reads what the watched one tells, shows it to pages
 * and writes it into files, while that one sleeps in the kernel.
 */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import type { ScopeEvent } from "./events.ts";
import { History } from "./history.ts";
import { ListFile } from "./list-file.ts";
import { inPage, pageFiles, reportAround } from "./page.ts";
import { ScopeServer } from "./server.ts";
import { Shared } from "./shared.ts";
import { Trace } from "./trace.ts";
import type { WorkerSettings } from "./start.ts";

/** How often it looks. */
const readMs = 30;

// eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- start.ts gave it
const { memory, port, trace, report } = workerData as WorkerSettings;
const shared = new Shared(memory);
const history = new History();
const files = pageFiles();

let server: ScopeServer | undefined;
let served = -1;
let traceFile: ListFile | undefined;
let reportFile: ListFile | undefined;
const traced = new Trace();

/** When what was told last has happened. */
let lastT = 0;

/** @param lines The events as JSON. */
function take(events: readonly ScopeEvent[], lines: readonly string[]): void {
  for (const [i, event] of events.entries()) {
    history.add(event, lines[i]?.length ?? 0);
    lastT = event.t;
  }
  server?.send(lines);
  traceFile = append(
    traceFile,
    events.flatMap((event) =>
      traced.take(event).map((entry) => JSON.stringify(entry)),
    ),
  );
  reportFile = append(reportFile, lines.map(inPage));
}

/** What the program did not tell itself. */
function add(event: ScopeEvent): void {
  take([event], [JSON.stringify(event)]);
}

/** Gives the file if more can be written to it. */
function append(
  file: ListFile | undefined,
  items: readonly string[],
): ListFile | undefined {
  if (file === undefined) return undefined;
  try {
    if (file.append(items)) return file;
    fail(`${file.path} is full: what comes now is left out`);
  } catch (error) {
    fail(error);
  }
  file.close();
  return undefined;
}

let counted = shared.counted;

/** Tells how much was left out since the last time. */
function tellOmitted(): void {
  const before = counted;
  counted = shared.counted;
  const { turns, ready, operations, bytesIn, bytesOut } = counted;
  if (turns + operations === before.turns + before.operations) return;
  add({
    type: "omitted",
    t: lastT,
    turns: turns - before.turns,
    ready: ready - before.ready,
    operations: operations - before.operations,
    bytesIn: bytesIn - before.bytesIn,
    bytesOut: bytesOut - before.bytesOut,
  });
}

function parse(line: string): ScopeEvent {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- the recorder wrote it
  return JSON.parse(line) as ScopeEvent;
}

function read(): void {
  const isEnding = shared.isEnding;
  const lines = shared.read();
  take(lines.map(parse), lines);
  tellOmitted();
  if (!isEnding) return;
  add({ type: "end", t: lastT });
  server?.close();
  traceFile?.close();
  reportFile?.close();
  clearInterval(timer);
  shared.setEnded();
}

function fail(error: unknown): void {
  say(error instanceof Error ? error.message : String(error));
}

function say(text: string): void {
  try {
    // console.error() would go through the thread that sleeps.
    writeSync(2, `scope: ${text}\n`);
  } catch {
    // Nobody reads it.
  }
}

/** What can't be done is told of; the rest is done. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    fail(error);
    return undefined;
  }
}

if (trace !== undefined) {
  traceFile = attempt(() => new ListFile(trace, "[\n", "\n]\n"));
}
if (report !== undefined) {
  const { prefix, suffix } = reportAround(files);
  reportFile = attempt(() => new ListFile(report, prefix, suffix));
}
if (port !== undefined) {
  server = new ScopeServer({
    files,
    history: () => history.events(),
    command: (command) => {
      shared[command]();
    },
  });
  try {
    served = await server.listen(port);
    say(server.url);
  } catch (error) {
    fail(error);
  }
}
const timer = setInterval(read, readMs);
shared.setPort(served);
