/** What fails, and what a server makes of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { inTime, type Outcome, silent, talk, talker } from "./clients.ts";
import type { Call, Errno, Faults, Rule } from "./faults.ts";
import type { Server, Subject } from "./servers.ts";

export interface Scenario {
  readonly name: string;
  /** Whether a server is meant to be tried; the lessons say what they are not. */
  isFor(subject: Subject): boolean;
  /** What may become of a server's clients, beside that all is well. */
  allows(subject: Subject): readonly string[];
  /** What becomes of the clients, in a few words. */
  run(server: Server, faults: Faults): Promise<string>;
}

function set(faults: Faults, rules: Partial<Record<Call, Rule>>): void {
  for (const [call, rule] of Object.entries(rules) as [Call, Rule][]) {
    faults.set(call, rule);
  }
}

function injected(faults: Faults, calls: readonly Call[]): number {
  return calls.reduce((sum, call) => sum + faults.count(call).faults, 0);
}

/** Several words as one, each once. */
function inOne(outcomes: readonly string[]): string {
  return [...new Set(outcomes)].join(", ");
}

/** Three clients at once, or one after another where it has no more. */
async function clients(
  server: Server,
  options?: Parameters<typeof talk>[1],
): Promise<Outcome[]> {
  if (server.subject.manyClients) {
    return Promise.all([1, 2, 3].map(() => talk(server, options)));
  }
  return [await talk(server, options), await talk(server, options)];
}

/** After the fault: does it live, and serve as before? */
async function after(server: Server): Promise<string[]> {
  const outcome = server.hasEnded() ? "late" : await talk(server);
  if (server.hasEnded()) return ["the server ended"];
  return outcome === "all is well" ? [] : [`afterwards ${outcome}`];
}

/** A fault for as long as three clients talk. */
function throughout(
  name: string,
  rules: Partial<Record<Call, Rule>>,
  {
    isFor = () => true,
    allows = () => [],
    rounds = 1,
    ...options
  }: Partial<Pick<Scenario, "isFor" | "allows">> & {
    rounds?: number;
  } & NonNullable<Parameters<typeof talk>[1]> = {},
): Scenario {
  return {
    name,
    isFor,
    allows,
    async run(server, faults) {
      set(faults, rules);
      const outcomes: string[] = [];
      const count = (): number =>
        injected(faults, Object.keys(rules) as Call[]);
      // One that always comes too late to have to wait makes no call that fails.
      for (let i = 0; i < rounds || (count() === 0 && i < 20); i++) {
        outcomes.push(...(await clients(server, options)));
      }
      if (count() === 0) outcomes.push("nothing failed");
      faults.clear();
      return inOne([...outcomes, ...(await after(server))]);
    },
  };
}

/** One call of one client's fails, while another goes on. */
function onceIn(call: "recv" | "send", errno: Errno): Scenario {
  return {
    name: `${call}: ${errno}, once`,
    // What a client's call fails with ends that client, whichever it is.
    isFor: () => true,
    allows: () => ["let go", "the other client was let go"],
    async run(server, faults) {
      const other = server.subject.manyClients
        ? await silent(server)
        : undefined;
      set(faults, { [call]: { errno, times: 1 } });
      const outcome = await talk(server);
      const count = faults.count(call).faults;
      faults.clear();
      const isThere = other?.destroyed !== true;
      other?.destroy();
      return inOne([
        outcome,
        ...(count === 0 ? ["nothing failed"] : []),
        ...(isThere ? [] : ["the other client was let go"]),
        ...(await after(server)),
      ]);
    },
  };
}

/** The part of a processor, and the tries, that a rest may take in so long. */
const windowMs = 400;
const mostShare = 0.3;
const mostTries = 100;

/**
 * accept() fails for a while: does the server live, does it spin, does it serve
 * whom it has, and whoever waits once it is over, though nobody has left?
 */
function noAccept(errno: Errno, hasOther: boolean): Scenario {
  const who = hasOther ? "while a client is there" : "while nobody is there";
  return {
    name: `accept: ${errno}, ${who}`,
    isFor: ({ manyClients }) => manyClients || !hasOther,
    allows: () => [],
    async run(server, faults) {
      using other = hasOther ? talker(server) : undefined;
      const before = (await other?.ask()) ?? "all is well";
      set(faults, { accept: { errno } });
      const waiting = talk(server);
      const tried = (): number => faults.count("accept").faults;
      await inTime(until(() => tried() > 0 || server.hasEnded()));
      const first = tried();
      const share = await server.share(windowMs);
      const isSpinning = share > mostShare || tried() - first > mostTries;
      const meanwhile = (await other?.ask()) ?? "all is well";
      faults.clear();
      const outcome = server.hasEnded() ? "late" : await inTime(waiting);
      const left = (await other?.leave()) ?? "all is well";
      return inOne([
        ...(isSpinning && server.subject.burnsACore !== true ? ["spins"] : []),
        ...(first === 0 ? ["nothing failed"] : []),
        ...(before === "all is well" ? [] : [`before ${before}`]),
        ...(meanwhile === "all is well" ? [] : [`meanwhile ${meanwhile}`]),
        ...(left === "all is well" ? [] : [`in the end ${left}`]),
        outcome,
        ...(outcome === "late" ? [] : await after(server)),
      ]);
    },
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

const storm: Rule = { errno: "EINTR", every: 2 };

const unlessPatient = ({ isPatient }: Subject): readonly string[] =>
  isPatient ? [] : ["let go"];

export const scenarios: readonly Scenario[] = [
  throughout(
    "every second wait: EINTR",
    { select: storm, poll: storm, epoll_wait: storm },
    { isFor: ({ waitsItself }) => waitsItself },
  ),
  throughout("accept: ECONNABORTED, three times", {
    accept: { errno: "ECONNABORTED", times: 3 },
  }),
  throughout("every second accept, recv and send: EINTR", {
    accept: storm,
    recv: storm,
    send: storm,
  }),
  ...(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"] as const).flatMap((errno) => [
    noAccept(errno, true),
    noAccept(errno, false),
  ]),
  ...(["ENOBUFS", "ENOMEM", "ECONNRESET"] as const).map((errno) =>
    onceIn("recv", errno),
  ),
  ...(["ENOBUFS", "ENOMEM", "ECONNRESET", "EPIPE"] as const).map((errno) =>
    onceIn("send", errno),
  ),
  throughout(
    "every second recv: ENOMEM",
    { recv: { errno: "ENOMEM", every: 2 } },
    { allows: () => ["let go"], rounds: 4 },
  ),
  throughout(
    "every second recv: EAGAIN, although ready",
    { recv: { errno: "EAGAIN", every: 2 } },
    { allows: unlessPatient },
  ),
  throughout(
    "every second send: EAGAIN, although ready",
    { send: { errno: "EAGAIN", every: 2 } },
    { allows: unlessPatient },
  ),
  throughout(
    "recv: one byte at a time",
    { recv: { most: 1 } },
    { bytes: 2000, isExact: false },
  ),
  throughout(
    "send: one byte at a time",
    { send: { most: 1 } },
    { bytes: 2000, isFor: ({ keepsRest }) => keepsRest },
  ),
  throughout(
    "recv: 700 bytes, send: 300 bytes",
    { recv: { most: 700 }, send: { most: 300 } },
    // No message is so long, no answer neither.
    { bytes: 300_000, isFor: ({ kind }) => kind === "echo" },
  ),
];

/** What is not as it should be. */
export function wrongIn(
  scenario: Scenario,
  subject: Subject,
  outcome: string,
): string[] {
  const allowed = ["all is well", ...scenario.allows(subject)];
  return outcome.split(", ").filter((word) => !allowed.includes(word));
}
