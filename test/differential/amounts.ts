import * as c from "posix-select/select";
import type { Random } from "./random.ts";
import type { Amount, Mechanism } from "./steps.ts";

const pollBits = [
  c.POLLIN,
  c.POLLPRI,
  c.POLLOUT,
  c.POLLERR,
  c.POLLHUP,
  c.POLLNVAL,
  c.POLLRDNORM,
  c.POLLRDBAND,
  c.POLLWRNORM,
  c.POLLWRBAND,
  c.POLLRDHUP,
];

const epollBits = [
  c.EPOLLIN,
  c.EPOLLOUT,
  c.EPOLLPRI,
  c.EPOLLRDHUP,
  c.EPOLLET,
  c.EPOLLONESHOT,
  c.EPOLLEXCLUSIVE,
  c.EPOLLRDNORM,
  c.EPOLLWRNORM,
];

const wrongTypes = [
  { wrong: "none" },
  { wrong: "text" },
  { wrong: "object" },
  { wrong: "list" },
] as const;

/** A sum of some of the bits, unsigned. */
function some(random: Random, bits: readonly number[]): number {
  let sum = 0;
  for (const bit of bits) if (random.chance(0.3)) sum |= bit;
  return sum >>> 0;
}

function mask(random: Random, isEpoll: boolean): Amount {
  const bits = isEpoll ? epollBits : pollBits;
  return random.weighted<() => Amount>([
    [50, () => random.pick([1, 4, 5, 7])],
    [40, () => some(random, bits)],
    [3, () => 0],
    [1, () => random.between(0, 0xffff)],
    [0.3, () => -1],
    [0.3, () => 0x10000],
    [0.3, () => 2 ** 32],
    [0.3, () => 2 ** 31],
    [0.3, () => 2 ** 40],
    [0.3, () => ({ wrong: "fraction" })],
    [0.5, () => random.pick(wrongTypes)],
  ])();
}

function selectorEvents(random: Random, isModify: boolean): Amount {
  // What CPython's modify() stores unseen ends the comparison of a program.
  const rare = isModify ? 0.1 : 0.5;
  return random.weighted<() => Amount>([
    [95, () => random.pick([1, 2, 3])],
    [rare, () => 0],
    [rare, () => 8],
    [rare, () => -1],
    [rare, () => 999_999],
    [0.1, () => random.pick([4, 5, 7])],
    [rare, () => ({ wrong: "fraction" })],
    [rare, () => random.pick(wrongTypes)],
  ])();
}

/** The events of `register()` and `modify()`; undefined leaves them out. */
export function chooseEvents(
  random: Random,
  mechanism: Mechanism,
  isModify: boolean,
): Amount | undefined {
  if (mechanism.endsWith("Selector")) return selectorEvents(random, isModify);
  if (random.chance(isModify ? 0.01 : 0.1)) return undefined;
  return mask(random, mechanism === "epoll");
}

/** A time-out that waits for nothing: in CPython a negative one may block. */
export function chooseTimeout(random: Random, mechanism: Mechanism): Amount {
  if (random.chance(0.98)) return 0;
  const negative = mechanism === "poll" || mechanism === "epoll" ? 0 : -1;
  return random.weighted<Amount>([
    [1, { wrong: "nan" }],
    [1, { wrong: "text" }],
    [1, { wrong: "list" }],
    [2, negative],
  ]);
}

/** How many events a wait of epoll is asked for; undefined for all. */
export function chooseMaxEvents(random: Random): Amount | undefined {
  if (random.chance(0.7)) return undefined;
  return random.weighted<Amount>([
    [10, 1],
    [10, 2],
    [5, 3],
    [5, 1000],
    [1, 0],
    [0.3, -1],
    [0.5, -2],
    [0.5, 2 ** 31],
  ]);
}
