/**
 * Where we differ from CPython: what is known, and meant. Nothing else may.
 */
import {
  type Disagreement,
  isSelector,
  eventsOf,
  succeeded,
  isWrong,
  isLookup,
  isMissing,
  isReordered,
  isEbadf,
} from "./disagreement.ts";

export interface Difference {
  readonly title: string;
  /** The design's word on it. */
  readonly reason: string;
  readonly explains: (found: Disagreement) => boolean;
  /**
   * Whether the two sides have different things registered from here on, so
   * that the rest of the program tells nothing; they have not unless given.
   */
  readonly parts?: (found: Disagreement) => boolean;
}

export const differences: readonly Difference[] = [
  {
    title: "a closed selector is closed for every call",
    reason: "CPython raises, blocks or works, by class and call",
    explains: (found) =>
      isSelector(found) &&
      found.facts.isClosed &&
      found.ours.error === "ClosedError",
    parts: ({ step, theirs }) => step.do === "register" && succeeded(theirs),
  },
  {
    title:
      "modify() validates its events, and changes nothing if they are wrong",
    reason: "where we go past CPython, which stores them, or drops the key",
    explains: (found: Disagreement): boolean => {
      const events = eventsOf(found);
      return (
        isSelector(found) &&
        found.step.do === "modify" &&
        !(events === 1 || events === 2 || events === 3) &&
        (found.ours.error === "RangeError" || found.ours.error === "TypeError")
      );
    },
    parts: () => true,
  },
  {
    title: "a time-out that is NaN is a TypeError",
    reason: "rule 2: one rule for time-outs; ValueError in CPython",
    explains: ({ step, ours, theirs }) =>
      "timeout" in step &&
      isWrong(step.timeout, "nan") &&
      ours.error === "TypeError" &&
      theirs.error === "RangeError",
  },
  {
    title: "select() with a negative time-out looks and returns",
    reason: "rule 2: one rule for time-outs; ValueError in CPython",
    explains: ({ step, theirs }) =>
      step.do === "select" &&
      typeof step.timeout === "number" &&
      step.timeout < 0 &&
      theirs.error === "RangeError",
  },
  {
    title: "what is no descriptor is a TypeError for selectors as well",
    reason: "rule 3; ValueError in CPython's selectors",
    explains: (found) =>
      isSelector(found) &&
      found.facts.files.includes("wrong type") &&
      found.ours.error === "TypeError" &&
      found.theirs.error === "RangeError",
  },
  {
    title: "an object that has lost its descriptor is EBADF",
    reason: "rule 3: the commonest slip; ValueError in CPython",
    explains: (found) =>
      found.facts.files.includes("lost") &&
      isEbadf(found.ours) &&
      (found.theirs.error === "RangeError" ||
        (found.step.do === "register" &&
          found.theirs.error === "AlreadyRegisteredError")),
  },
  {
    title: "an object that has lost its descriptor is just not registered",
    reason: "rule 3; ValueError in CPython's selectors",
    explains: (found) =>
      isSelector(found) &&
      isLookup(found) &&
      found.facts.files.includes("lost") &&
      isMissing(found.ours) &&
      found.theirs.error === "RangeError",
  },
  {
    title: "a closed selector or epoll object as what is watched",
    reason: "rule 4: ClosedError is any use of one; ValueError in CPython",
    explains: (found) =>
      isSelector(found) &&
      found.facts.files.includes("closed subject") &&
      found.ours.error === "ClosedError" &&
      found.theirs.error === "RangeError",
  },
  {
    title: "a number that has a fraction is a RangeError",
    reason: "rule 4; TypeError in CPython, which has int and float",
    explains: (found) =>
      (found.facts.files.includes("fraction") ||
        isWrong(eventsOf(found), "fraction")) &&
      found.ours.error === "RangeError" &&
      found.theirs.error === "TypeError",
  },
  {
    title: "events of a wrong type are a TypeError",
    reason: "rule 4; CPython's selectors say ValueError of what is empty",
    explains: (found) =>
      isSelector(found) &&
      isWrong(eventsOf(found), "none", "list") &&
      found.ours.error === "TypeError" &&
      found.theirs.error === "RangeError",
  },
  {
    title: "numbers beyond C's int are none for selectors either",
    reason: "rule 3; CPython's selectors let them in",
    explains: (found) =>
      isSelector(found) &&
      found.facts.files.includes("huge") &&
      found.ours.error === "RangeError" &&
      (isMissing(found.theirs) || found.mechanism === "SelectSelector"),
    parts: ({ theirs }) => succeeded(theirs) && theirs.value !== false,
  },
  {
    title: "select() goes beyond FD_SETSIZE",
    reason: "where we go past CPython; ValueError there",
    explains: ({ step, mechanism, facts, ours, theirs }) =>
      (step.do === "select"
        ? facts.files.includes("beyond FD_SETSIZE")
        : mechanism === "SelectSelector" &&
          step.do === "wait" &&
          facts.highest >= 1024) &&
      ours.error !== undefined &&
      theirs.error === "RangeError",
  },
  {
    title: "a closed number beyond the kernel's table is EBADF",
    reason: "where we go past CPython, which reports it as ready",
    explains: ({ step, mechanism, facts, ours, theirs }) =>
      (step.do === "select"
        ? facts.files.includes("beyond the table")
        : mechanism === "SelectSelector" &&
          step.do === "wait" &&
          facts.highest >= 256) &&
      isEbadf(ours) &&
      succeeded(theirs),
  },
  {
    title: "a mask of more than 32 bits is a RangeError",
    reason: "rule 9; CPython takes it modulo 2^32",
    explains: (found: Disagreement): boolean => {
      const events = eventsOf(found);
      return (
        found.mechanism === "epoll" &&
        typeof events === "number" &&
        events >= 2 ** 32 &&
        found.ours.error === "RangeError"
      );
    },
    parts: ({ theirs }) => succeeded(theirs),
  },
  {
    title: "maxEvents is from 1 on, and all of them unless given",
    reason: "rule 4; in CPython -1 stands for 1023",
    explains: ({ step, ours }) =>
      step.do === "wait" &&
      step.maxEvents === -1 &&
      ours.error === "RangeError",
    parts: ({ theirs }) => succeeded(theirs),
  },
  {
    title: "a wait's other arguments are looked at before a huge maxEvents",
    reason: "arguments come in their turn; CPython converts integers first",
    explains: ({ step, ours, theirs }) =>
      step.do === "wait" &&
      step.maxEvents === 2 ** 31 &&
      ours.error !== undefined &&
      theirs.error === "RangeError",
  },
  {
    title: "an argument that is left out is looked at in its turn",
    reason: "JavaScript counts no arguments; CPython does so first",
    explains: (found) =>
      found.step.do === "modify" &&
      found.step.events === undefined &&
      found.ours.error !== undefined &&
      found.theirs.error === "TypeError",
  },
  {
    title: "an epoll set's close() says that another has closed its number",
    reason: "as a socket's; CPython means to, but takes the error for none",
    explains: ({ mechanism, step, ours, theirs }) =>
      (mechanism === "epoll" || mechanism === "EpollSelector") &&
      step.do === "finish" &&
      isEbadf(ours) &&
      succeeded(theirs),
  },
  {
    title: "epoll()'s other flags are EINVAL",
    reason: "rule 4: an OSError has a code; CPython's has no errno",
    explains: ({ step, ours, theirs }) =>
      step.do === "make" &&
      ours.error === "OSError" &&
      ours.errno === 22 &&
      theirs.error === "OSError" &&
      theirs.errno === 0,
  },
  {
    title: "a Socket's dup() takes its number for its own",
    reason: "CPython asks once more whether it is a socket's (ENOTSOCK)",
    explains: ({ step, ours, theirs }) =>
      step.do === "dup" && succeeded(ours) && theirs.errno === 88,
    parts: () => true,
  },
  {
    title: "EVENT_PRIORITY",
    reason: "where we go past CPython, which has no such event",
    explains: (found: Disagreement): boolean => {
      const events = eventsOf(found);
      if (!isSelector(found)) return false;
      if (found.step.do === "wait") return found.facts.hasPriority;
      return typeof events === "number" && events >= 4 && events <= 7;
    },
    parts: ({ step }) => step.do !== "wait",
  },
  {
    title: "modify() compares data by identity",
    reason: "where we go past CPython, which keeps old data that is equal",
    explains: ({ step, ours, theirs }) =>
      step.do === "modify" &&
      typeof step.data === "object" &&
      succeeded(ours) &&
      succeeded(theirs),
    parts: () => true,
  },
  {
    title: "a SelectSelector's modify() works after the object was closed",
    reason: "one contract for all; so does CPython's Poll",
    explains: ({ mechanism, step, facts, ours, theirs }) =>
      mechanism === "SelectSelector" &&
      step.do === "modify" &&
      facts.files.includes("lost") &&
      succeeded(ours) &&
      theirs.error === "RangeError",
    parts: () => true,
  },
  {
    title: "a SelectSelector's modify() keeps the key's object",
    reason: "one contract for all; CPython's Poll and Epoll keep it",
    explains: ({ mechanism, step, facts, ours, theirs }) =>
      mechanism === "SelectSelector" &&
      step.do === "modify" &&
      facts.isOther &&
      succeeded(ours) &&
      succeeded(theirs),
    parts: () => true,
  },
  {
    title: "a SelectSelector's modify() keeps the key's place in the map",
    reason: "one contract for all; CPython's Poll and Epoll keep it",
    explains: ({ mechanism, step, part, facts, ours, theirs }) =>
      mechanism === "SelectSelector" &&
      facts.wasModified &&
      (part === "keys"
        ? isReordered(ours.keys ?? null, theirs.keys ?? null)
        : step.do === "map" && isReordered(ours.value, theirs.value)),
  },
  {
    title: "a stale key gives way to the new owner of its number",
    reason: "where we go past CPython: KeyError there",
    explains: ({ step, facts, theirs }) =>
      step.do === "register" &&
      facts.isStale &&
      theirs.error === "AlreadyRegisteredError",
    parts: () => true,
  },
  {
    title: "a stale key is not the new owner's",
    reason: "where we go past CPython, which acts on the old key",
    explains: (found) =>
      isLookup(found) && found.facts.isStale && isMissing(found.ours),
    parts: ({ step }) => step.do === "modify" || step.do === "unregister",
  },
  {
    title:
      "another epoll that watches an EpollSelector has to be told of its rebuild",
    reason: "dup3(2) puts another set under its number: the watcher goes deaf",
    explains: ({ mechanism, facts }) =>
      mechanism === "EpollSelector" && facts.isAboutRebuilt,
    parts: () => true,
  },
  {
    title: "an epoll entry that survives through a dup is got rid of",
    reason: "where we go past CPython, which reports it for ever",
    explains: ({ mechanism, step, facts }) =>
      mechanism === "EpollSelector" &&
      facts.hasLeftover &&
      ["wait", "register", "modify"].includes(step.do),
    parts: ({ step }) => step.do !== "wait",
  },
];
