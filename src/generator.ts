/**
 * What the engine itself tells of a generator, through its inspector.
 */
import { type Debugger, type Runtime, Session } from "node:inspector";
import { findSourceMap } from "node:module";

/** It was made, and has not begun: nobody has called `next()`. */
export const GEN_CREATED = "GEN_CREATED";
/** It runs right now: it is asked by what it calls itself. */
export const GEN_RUNNING = "GEN_RUNNING";
/** It waits at a `yield`. */
export const GEN_SUSPENDED = "GEN_SUSPENDED";
/** It is over: it has returned or thrown, or somebody ended it. */
export const GEN_CLOSED = "GEN_CLOSED";

/** The states of a generator, by their names in Python. */
export type GeneratorState =
  | typeof GEN_CREATED
  | typeof GEN_RUNNING
  | typeof GEN_SUSPENDED
  | typeof GEN_CLOSED;

/** A place in a source file. */
export interface GeneratorLocation {
  /** The file: a URL, or what the script or its source map calls it. */
  readonly url: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** A place in a script, as the engine tells it: counted from 0. */
interface Place {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** What the engine says of a generator. */
interface Look {
  readonly state: string;
  /** Where it waits; where it begins, if it does not wait. */
  readonly place: Place;
  /** Its function, as text. */
  readonly text: string;
}

interface Script {
  readonly url: string;
  readonly lines: readonly string[];
  /** Where its text begins in its file, counted from 0. */
  readonly startLine: number;
  readonly startColumn: number;
}

/** The global by which the engine is handed the generator, for a moment. */
const handle = "__posixSelectInspected";

/** The thread's own inspector: it answers before `post()` returns. */
let session: Session | undefined;

/** The scripts of the generators that were looked at. */
const scripts = new Map<string, Script>();

/** What `ask` is answered. */
function answered<T>(
  ask: (reply: (error: Error | null, answer?: T) => void) => void,
): T {
  let outcome: { error: Error | null; answer: T | undefined } | undefined;
  ask((error, answer) => {
    outcome = { error, answer };
  });
  if (outcome?.answer !== undefined) return outcome.answer;
  throw new Error("the inspector gave no answer", { cause: outcome?.error });
}

function connected(): Session {
  if (session !== undefined) return session;
  const made = new Session();
  made.connect();
  return (session = made);
}

function isPlace(value: unknown): value is Place {
  return typeof value === "object" && value !== null && "scriptId" in value;
}

/** Asks the engine, of which the generator sees nothing. */
function look(generator: object): Look {
  const inspector = connected();
  Object.defineProperty(globalThis, handle, {
    value: generator,
    configurable: true,
  });
  let found: Runtime.EvaluateReturnType;
  try {
    found = answered((reply) => {
      inspector.post(
        "Runtime.evaluate",
        { expression: `globalThis.${handle}`, objectGroup: handle },
        reply,
      );
    });
  } finally {
    Reflect.deleteProperty(globalThis, handle);
  }
  try {
    const { objectId = "" } = found.result;
    const { internalProperties = [] } =
      answered<Runtime.GetPropertiesReturnType>((reply) => {
        inspector.post(
          "Runtime.getProperties",
          { objectId, ownProperties: true },
          reply,
        );
      });
    const values = new Map<string, unknown>(
      internalProperties.map(({ name, value }) => [
        name,
        value?.value ?? value?.description,
      ]),
    );
    const state = values.get("[[GeneratorState]]");
    const place = values.get("[[GeneratorLocation]]");
    const text = String(values.get("[[GeneratorFunction]]"));
    if (typeof state === "string" && isPlace(place)) {
      return { state, place, text };
    }
    throw new Error("this engine tells nothing of generators");
  } finally {
    inspector.post("Runtime.releaseObjectGroup", { objectGroup: handle });
  }
}

/** The script of a place: its text is asked for once. */
function scriptOf({ scriptId }: Place): Script {
  const known = scripts.get(scriptId);
  if (known !== undefined) return known;
  const inspector = connected();
  let parsed: Debugger.ScriptParsedEventDataType | undefined;
  const listener = ({
    params,
  }: {
    params: Debugger.ScriptParsedEventDataType;
  }): void => {
    if (params.scriptId === scriptId) parsed = params;
  };
  inspector.on("Debugger.scriptParsed", listener);
  inspector.post("Debugger.enable"); // it lists all that there are
  try {
    const { scriptSource } = answered<Debugger.GetScriptSourceReturnType>(
      (reply) => {
        inspector.post("Debugger.getScriptSource", { scriptId }, reply);
      },
    );
    const script: Script = {
      url: parsed?.url ?? "",
      lines: scriptSource.split(/\r\n|[\n\r\u2028\u2029]/),
      startLine: parsed?.startLine ?? 0,
      startColumn: parsed?.startColumn ?? 0,
    };
    scripts.set(scriptId, script);
    return script;
  } finally {
    inspector.off("Debugger.scriptParsed", listener);
    inspector.post("Debugger.disable");
  }
}

/**
 * Whether it waits at a `yield`, and not before its beginning.
 *
 * The engine calls both suspended. The place of the beginning is the function's
 * head or, after parameters with defaults, the body's brace.
 */
function isAtYield(place: Place): boolean {
  const { lines, startLine, startColumn } = scriptOf(place);
  const row = place.lineNumber - startLine;
  const column = place.columnNumber - (row === 0 ? startColumn : 0);
  return lines[row]?.startsWith("yield", column) ?? false;
}

/** A place for people: in the source, if a map leads there. */
function locationOf(place: Place): GeneratorLocation {
  const { url } = scriptOf(place);
  const { lineNumber, columnNumber } = place;
  const entry = findSourceMap(url)?.findEntry(lineNumber, columnNumber);
  if (entry !== undefined && "originalSource" in entry) {
    return {
      url: entry.originalSource,
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }
  return { url, line: lineNumber + 1, column: columnNumber + 1 };
}

/** What there is to know of a generator. */
export interface GeneratorLook {
  readonly state: GeneratorState;
  /** Where it waits; where it begins, if it was only created. */
  readonly location: GeneratorLocation | undefined;
  /** Its function's name; empty if it has none. */
  readonly name: string;
}

/** Asks the engine for all of it, which takes some 0.1 ms. */
export function lookAt(generator: object): GeneratorLook {
  const { state, place, text } = look(generator);
  const name = /^[^(]*\*\s*([\w$#]+)/.exec(text)?.[1] ?? "";
  if (state === "suspended") {
    const isWaiting = isAtYield(place);
    const location = locationOf(place);
    return { state: isWaiting ? GEN_SUSPENDED : GEN_CREATED, location, name };
  }
  const isRunning = state === "running";
  return {
    state: isRunning ? GEN_RUNNING : GEN_CLOSED,
    location: undefined,
    name,
  };
}
