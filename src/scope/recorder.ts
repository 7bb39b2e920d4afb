import { subscribe } from "node:diagnostics_channel";
import { POLLIN } from "../constants.ts";
import { setTimeout } from "node:timers";
import { native } from "../native.ts";
import { asleepMs, type IoMessage, type WaitMessage } from "../observe.ts";
import { interruptFd } from "../signals.ts";
import { Budget } from "./budget.ts";
import { Lanes } from "./lanes.ts";
import type { Shared } from "./shared.ts";
import type { Tasks } from "./tasks.ts";
import type { Teller } from "./teller.ts";

/** More turns than this are not told one by one. */
const turnsPerSecond = 1000;

/** A turn with more calls than this is not told in full. */
const callsPerSecond = 10_000;

/** How much of what is sent and received is shown. */
const previewBytes = 64;

/** How long a program that is paused sleeps before it looks for signals. */
const glanceMs = 50;

/** So many changes, or so many that are ready, cost as much as a turn. */
const changesPerTurn = 20;

/** Whose lists those are that are given with each call. */
const givenLists = {};

/** Whose the waits are that a socket's call makes by itself. */
const ownCalls = {};

const sending: ReadonlySet<string> = new Set(["send", "sendto", "sendmsg"]);

/** Tells of every wait and every call, and holds the program where it is told to. */
export class Recorder {
  readonly #shared: Shared;
  readonly #teller: Teller;
  readonly #lanes: Lanes;
  readonly #tasks: Tasks;
  readonly #turns = new Budget(turnsPerSecond);
  readonly #calls = new Budget(callsPerSecond);
  /** The waits that were told of, until they end. */
  readonly #told = new Map<WaitMessage, number>();
  /** The last awaited wait that was left out. */
  #quiet: { readonly wait: WaitMessage; readonly turn: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  #isOver = false;
  /** Its own calls are not the program's. */
  #isAtWork = false;

  constructor(shared: Shared, teller: Teller, tasks: Tasks) {
    this.#shared = shared;
    this.#teller = teller;
    this.#tasks = tasks;
    this.#lanes = new Lanes(teller);
  }

  start(): void {
    subscribe("posix-select:wait", (message) => {
      if (isWait(message)) {
        this.#atWork(() => {
          this.#onWait(message);
        });
      }
    });
    subscribe("posix-select:io", (message) => {
      if (isIo(message)) {
        this.#atWork(() => {
          this.#onIo(message);
        });
      }
    });
  }

  #atWork(work: () => void): void {
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    try {
      work();
    } catch {
      // A fault of the picture's is none of the program's.
    } finally {
      this.#isAtWork = false;
    }
  }

  #onWait(wait: WaitMessage): void {
    if (wait.endMs !== undefined) this.#end(wait, wait.endMs);
    else if (!wait.isAsleep) this.#begin(wait);
    else if (!this.#told.has(wait)) {
      this.#tell(wait, this.#turn, wait.startMs);
    }
  }

  #begin(wait: WaitMessage): void {
    const turn = ++this.#turn;
    this.#hold();
    const isQuiet = this.#shared.isAlmostFull || !this.#turns.take();
    this.#teller.setQuiet(isQuiet);
    if (!isQuiet) this.#tell(wait, turn, performance.now());
    else if (!wait.isBlocking) this.#tellIfPending(wait, turn);
  }

  #tell(wait: WaitMessage, turn: number, startMs: number): void {
    const { mechanism, timeoutMs, isBlocking, watched } = wait;
    this.#teller.setQuiet(false);
    this.#teller.pretend(startMs, () => {
      if (this.#teller.takeLoss()) this.#lanes.tellAgain();
      this.#tasks.catchUp();
      const changes = this.#lanes.watch(keeperOf(wait), watched);
      this.#turns.spend(changes / changesPerTurn);
      this.#told.set(wait, turn);
      this.#teller.tell({
        type: "wait",
        turn,
        mechanism,
        timeoutMs: Number.isFinite(timeoutMs) ? timeoutMs : null,
        isBlocking,
        watched: watched.length,
      });
    });
  }

  /** An awaited wait that lasts is told of although its turn was left out. */
  #tellIfPending(wait: WaitMessage, turn: number): void {
    this.#quiet = { wait, turn };
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const quiet = this.#quiet;
      if (quiet === undefined || quiet.wait.endMs !== undefined) return;
      this.#atWork(() => {
        this.#tell(quiet.wait, quiet.turn, quiet.wait.startMs);
      });
    }, asleepMs).unref();
  }

  #end(wait: WaitMessage, endMs: number): void {
    const { ready, error } = wait;
    const turn = this.#told.get(wait);
    this.#told.delete(wait);
    if (turn === undefined) {
      this.#shared.count("turns", 1);
      this.#shared.count("ready", ready.length);
      return;
    }
    this.#turns.spend(ready.length / changesPerTurn);
    this.#teller.tell(
      {
        type: "wake",
        turn,
        ready: ready.map(({ fd, events, data }) => [
          this.#lanes.of(fd),
          events,
          nameOf(data),
        ]),
        error: error === undefined ? null : codeOf(error),
      },
      endMs,
    );
    // A call's own wait is over with it.
    if (keeperOf(wait) === ownCalls) this.#lanes.watch(ownCalls, []);
  }

  #onIo({ operation, fd, result, code, data }: IoMessage): void {
    if (operation === "close" || operation === "detach") {
      this.#lanes.close(fd);
      return;
    }
    const accepted =
      operation === "accept" && result >= 0
        ? this.#lanes.of(result, true)
        : null;
    const bytes = data === undefined || result < 0 ? null : result;
    if (this.#teller.isQuiet || !this.#calls.take()) {
      this.#shared.count("operations", 1);
      const way = sending.has(operation) ? "bytesOut" : "bytesIn";
      this.#shared.count(way, bytes ?? 0);
    } else {
      this.#teller.tell({
        type: "io",
        lane: this.#lanes.of(fd),
        operation,
        bytes,
        error: code ?? null,
        preview: bytes === null || data === undefined ? null : preview(data),
        accepted,
      });
    }
    // Who never waits would never be held.
    if (this.#turn === 0) this.#hold();
  }

  /** From now on nobody can let it go any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Stands still while it is told to. A signal's listener has to run all the same. */
  #hold(): void {
    if (!this.#isHeld()) return;
    this.#teller.tell({ type: "pause" });
    do this.#shared.awaitLeave(glanceMs);
    while (this.#isHeld());
    this.#teller.tell({ type: "go" });
  }

  #isHeld(): boolean {
    return (
      !this.#isOver &&
      this.#shared.isPaused &&
      !this.#shared.takeStep() &&
      !hasSignal()
    );
  }
}

function keeperOf({ keeper, mechanism }: WaitMessage): object {
  return keeper ?? (mechanism === "select" ? givenLists : ownCalls);
}

function hasSignal(): boolean {
  const signals = interruptFd();
  return signals >= 0 && native.waitFor(signals, POLLIN, 0, -1) > 0;
}

function isWait(message: unknown): message is WaitMessage {
  return (
    typeof message === "object" && message !== null && "mechanism" in message
  );
}

function isIo(message: unknown): message is IoMessage {
  return (
    typeof message === "object" && message !== null && "operation" in message
  );
}

/** What is called when a descriptor is ready: a function, by its name. */
function nameOf(data: unknown): string | null {
  if (typeof data === "function") return data.name === "" ? null : data.name;
  if (Array.isArray(data)) return nameOf(data.find(isFunction));
  return null;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error) return String(error.code);
  return String(error);
}

function preview(data: Uint8Array): string {
  const text = Buffer.from(data.buffer, data.byteOffset, data.length);
  const begin = text.toString("utf8", 0, Math.min(previewBytes, data.length));
  return JSON.stringify(begin).slice(1, -1);
}
