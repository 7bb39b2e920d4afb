import { OSError } from "posix-select/errors";
import {
  Epoll,
  epoll,
  poll,
  select,
  type FileDescriptorLike,
  type Timeout,
} from "posix-select/select";
import {
  EpollSelector,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { createServer, type Socket } from "posix-select/socket";
import { exchange } from "../../src/exchange.ts";
import { native } from "../../src/native.ts";
import { osError } from "../../src/result.ts";
import { type Facts, History } from "./facts.ts";
import {
  BASE,
  type CallStep,
  type Json,
  type List,
  type Mechanism,
  type Outcome,
  type Program,
  type Result,
  ROOM,
  type Step,
} from "./steps.ts";
import {
  type CallSubject,
  PollerSubject,
  SelectorSubject,
} from "./subjects.ts";
import { PlainError, Skipped, valueOf, World } from "./world.ts";

/** A result, and what was so before each step. */
export interface OurResult extends Result {
  readonly facts: readonly (Facts | undefined)[];
}

/** Takes all numbers below BASE, so that a program's begin there. */
function takeAllBelow(fd: number): void {
  for (;;) {
    const taken = native.duplicate(fd, exchange);
    if (taken >= 0 && taken < BASE) continue;
    if (taken >= 0) native.close(taken);
    if (taken === BASE) return;
    throw new Error(`descriptor ${BASE} is taken: the next one is ${taken}`);
  }
}

let listener: Socket | undefined;

/** Runs a program with our library. */
export function runOurs(program: Program): OurResult {
  listener ??= createServer({ port: 0, backlog: 64 });
  takeAllBelow(listener.fileno());
  const run = new Run(program.mechanism, listener);
  const facts: (Facts | undefined)[] = [];
  const outcomes: Outcome[] = [];
  const { stackTraceLimit } = Error;
  // Errors are many here, and their stacks are most of what they cost.
  Error.stackTraceLimit = 0;
  try {
    for (const step of program.steps) {
      facts.push(run.facts(step));
      outcomes.push(run.outcome(step));
    }
    return { outcomes, facts, left: run.cleanUp() };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class Run {
  readonly #mechanism: Mechanism;
  readonly #world: World;
  readonly #history: History;
  readonly #subjects = new Map<string, CallSubject>();
  readonly #lists: (readonly number[])[] = [];

  constructor(mechanism: Mechanism, listener: Socket) {
    this.#mechanism = mechanism;
    this.#world = new World(listener);
    this.#history = new History(this.#world);
  }

  facts(step: Step): Facts | undefined {
    try {
      return this.#history.facts(step);
    } catch (error) {
      if (error instanceof Skipped) return undefined;
      throw error;
    }
  }

  outcome(step: Step): Outcome {
    let outcome: Outcome;
    try {
      outcome = { value: this.#run(step) };
      this.#history.note(step);
    } catch (error) {
      if (error instanceof Skipped) return { value: "skipped" };
      outcome = failure(error);
    }
    if (!isChanging(step)) return outcome;
    const subject = this.#subjects.get(step.on);
    if (!(subject instanceof SelectorSubject)) return outcome;
    return { ...outcome, keys: subject.keys() };
  }

  #run(step: Step): Json {
    switch (step.do) {
      case "select":
        return this.#select(step);
      case "make":
        return this.#make(step);
      case "fromFd": {
        if (!Epoll) throw new Error("no epoll here");
        const number = this.#world.number(step.of);
        const made = Epoll.fromFd(number);
        return this.#add(step.name, new PollerSubject(this.#world, made));
      }
      case "register":
      case "modify":
      case "unregister":
      case "getKey":
      case "has":
      case "map":
      case "wait":
      case "fileno":
      case "closed":
      case "finish": {
        const subject = this.#subjects.get(step.on);
        if (subject === undefined) throw new Skipped();
        if (step.do === "finish") this.#forgetFile(subject);
        return subject.call(step);
      }
      case "open":
      case "connect":
      case "accept":
      case "wrap":
      case "dup":
      case "close":
      case "send":
      case "fill":
      case "recv":
      case "shutdown":
        return this.#world.run(step);
    }
  }

  #forgetFile(subject: CallSubject): void {
    if ("fileno" in subject.object && !subject.isClosed) {
      this.#world.files.delete(subject.fileno());
    }
  }

  #select(step: Extract<CallStep, { do: "select" }>): Json {
    const [rlist, wlist, xlist] = step.lists;
    const timeoutMs = valueOf(step.timeout) as Timeout;
    const ready = select(
      this.#list(rlist),
      this.#list(wlist),
      this.#list(xlist),
      timeoutMs,
    );
    return ready.map((list) => list.map((one) => this.#world.label(one)));
  }

  #list(list: List): Iterable<FileDescriptorLike> {
    const files = list.files.map((argument) => this.#world.file(argument));
    const odd = { none: null, number: 5, text: "" };
    const made =
      list.as === "list"
        ? files
        : list.as === "iterator"
          ? files.values()
          : odd[list.as];
    return made as Iterable<FileDescriptorLike>;
  }

  #make(step: Extract<CallStep, { do: "make" }>): Json {
    return this.#add(step.name, this.#subject(step));
  }

  #subject(step: Extract<CallStep, { do: "make" }>): CallSubject {
    const world = this.#world;
    switch (this.#mechanism) {
      case "poll":
        return new PollerSubject(world, poll());
      case "epoll":
        if (!epoll) throw new Error("no epoll here");
        return new PollerSubject(world, epoll(step.sizeHint, step.flags));
      case "SelectSelector":
        return new SelectorSubject(world, new SelectSelector(), this.#lists);
      case "PollSelector":
        return new SelectorSubject(world, new PollSelector(), this.#lists);
      case "EpollSelector":
        if (!EpollSelector) throw new Error("no epoll here");
        return new SelectorSubject(world, new EpollSelector(), this.#lists);
      case "select":
        throw new Error("select() has no object");
    }
  }

  #add(name: string, subject: CallSubject): Json {
    this.#subjects.set(name, subject);
    const hasNumber = "fileno" in subject.object;
    const number = hasNumber ? subject.fileno() : -1;
    const before = this.#world.files.get(number);
    this.#world.add(name, subject, number, before);
    return hasNumber ? number : null;
  }

  /** Closes everything. Gives the numbers that are open still. */
  cleanUp(): number[] {
    for (const { object } of this.#subjects.values()) {
      try {
        if ("close" in object) object.close();
      } catch {}
    }
    this.#world.cleanUp();
    const left: number[] = [];
    for (let fd = BASE; fd < BASE + ROOM; fd++) {
      if (native.isOpen(fd) === 0) left.push(fd);
    }
    for (const fd of left) native.close(fd);
    return left;
  }
}

type ChangingStep = Extract<
  CallStep,
  { do: "register" | "modify" | "unregister" | "finish" }
>;

function isChanging(step: Step): step is ChangingStep {
  return ["register", "modify", "unregister", "finish"].includes(step.do);
}

function failure(thrown: unknown): Outcome {
  const error =
    thrown instanceof PlainError ? osError(-thrown.errno, "") : thrown;
  if (error instanceof OSError) {
    return { error: error.name, errno: -error.errno };
  }
  if (error instanceof Error && "code" in error) return { error: error.name };
  throw error;
}
