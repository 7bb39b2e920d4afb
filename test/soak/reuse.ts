import { OSError } from "posix-select/errors";
import {
  EVENT_READ,
  EVENT_WRITE,
  type SelectorConstructor,
  type SelectorKey,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import type { Random } from "../differential/random.ts";

/** A pair of sockets: the near one is watched, the far one speaks. */
interface Thing {
  readonly near: Socket;
  readonly far: Socket;
  /** Copies of the near one: its file lives on with them. */
  readonly copies: Socket[];
  isReadable: boolean;
}

type Key = SelectorKey<Thing, Socket>;

export interface Found {
  steps: number;
  events: number;
  /** How often a number was another's while the key of the last one was there. */
  reused: number;
  /** Events of what was closed: of its file where a copy lives, or its number. */
  ofClosed: number;
  /** Epoll's leftovers: keys that were dropped while a copy lived on. */
  leftovers: number;
}

/**
 * Numbers are used again as fast as can be, under keys that are stale, beside
 * copies that live on. Throws if an event is reported for another object than
 * the one that it happened to, or if one is missing.
 */
export async function reuse(
  constructor: SelectorConstructor,
  random: Random,
  isEnough: (steps: number) => boolean,
): Promise<Found> {
  using selector = new constructor<Thing, Socket>();
  const isEpoll = constructor.name === "EpollSelector";
  const found = { steps: 0, events: 0, reused: 0, ofClosed: 0, leftovers: 0 };
  const things = new Set<Thing>();
  const numbers = new Map<number, Thing>();

  function create(): void {
    const [near, far] = socketpair();
    for (const socket of [near, far]) socket.setBlocking(false);
    const thing: Thing = { near, far, copies: [], isReadable: false };
    things.add(thing);
    const fd = near.fileno();
    const before = numbers.get(fd);
    if (before?.near.closed === true) {
      const isStale = selector.getMap().get(fd)?.data === before;
      if (isStale) {
        found.reused++;
        if (before.copies.length > 0) found.leftovers++;
      }
    }
    numbers.set(fd, thing);
    // Another file than the one that had the number, and perhaps nobody's key.
    if (random.chance(0.8)) selector.register(near, mask(), thing);
  }

  function mask(): number {
    return random.chance(0.9) ? EVENT_READ : EVENT_READ | EVENT_WRITE;
  }

  function forget(thing: Thing): void {
    things.delete(thing);
    for (const it of [thing.near, thing.far, ...thing.copies]) it.close();
  }

  function drop(key: Key): void {
    const { data } = selector.unregister(
      key.fileobj.closed ? key.fd : key.fileobj,
    );
    if (data !== key.data) throw new Error("another key was unregistered");
    if (data.copies.length > 0) found.leftovers++;
  }

  const steps = [
    create,
    create,
    (thing: Thing): void => {
      // Without a word to the selector.
      if (!thing.near.closed) thing.near.close();
    },
    (thing: Thing): void => {
      if (!thing.near.closed && thing.copies.length < 3) {
        thing.copies.push(thing.near.dup());
      }
    },
    (thing: Thing): void => {
      if (thing.isReadable || isGone(thing)) return;
      thing.far.send("x");
      thing.isReadable = true;
    },
    (thing: Thing): void => {
      const reader = thing.near.closed ? thing.copies[0] : thing.near;
      if (!thing.isReadable || reader === undefined) return;
      reader.recv(1);
      thing.isReadable = false;
    },
    (thing: Thing): void => {
      const key = keyOf(thing);
      if (key !== undefined) drop(key);
    },
    (thing: Thing): void => {
      if (keyOf(thing) === undefined || thing.near.closed) return;
      selector.modify(thing.near, mask(), thing);
    },
    (thing: Thing): void => {
      thing.copies.pop()?.close();
    },
    (thing: Thing): void => {
      if (keyOf(thing) === undefined) forget(thing);
    },
  ];

  function keyOf(thing: Thing): Key | undefined {
    for (const key of selector.getMap().values()) {
      if (key.data === thing) return key;
    }
    return undefined;
  }

  /** What a thing is ready for, of what its key wants. */
  function due({ data, events }: Key): number {
    return ((data.isReadable ? EVENT_READ : 0) | EVENT_WRITE) & events;
  }

  async function look(): Promise<(readonly [Key, number])[]> {
    for (;;) {
      try {
        const isLook = random.chance(0.9);
        return isLook ? selector.select(0) : await selector.selectAsync(0);
      } catch (error) {
        // select(2) refuses what is closed, and tells which it is.
        const { code, fd } = error instanceof OSError ? error : {};
        if (code !== "EBADF" || fd === undefined) throw error;
        selector.unregister(fd);
      }
    }
  }

  async function check(): Promise<void> {
    const ready = new Map(await look());
    found.events += ready.size;
    for (const [key, events] of ready) {
      const { data: thing, fileobj, fd } = key;
      const wrong = `${constructor.name}: fd ${fd}, events ${events}`;
      if (fileobj !== thing.near) throw new Error(`${wrong}: another object`);
      if (!fileobj.closed) {
        if (events !== due(key)) throw new Error(`${wrong}: not ready`);
        continue;
      }
      found.ofClosed++;
      if (!isEpoll) continue; // select(2) and poll(2) know numbers only
      if (isGone(thing)) throw new Error(`${wrong}: its file is gone`);
      if (events !== due(key))
        throw new Error(`${wrong}: its file is not ready`);
    }
    for (const key of selector.getMap().values()) {
      if (key.fileobj.closed || ready.has(key) || due(key) === 0) continue;
      throw new Error(`${constructor.name}: fd ${key.fd} is ready, unheard`);
    }
  }

  for (; !isEnough(found.steps); found.steps++) {
    if (things.size < 5) create();
    random.pick(steps)(random.pick([...things]));
    if (things.size > 40) {
      const thing = random.pick([...things]);
      const key = keyOf(thing);
      if (key !== undefined) drop(key);
      forget(thing);
    }
    if (random.chance(0.5)) await check();
  }
  for (const thing of things) forget(thing);
  return found;
}

function isGone({ near, copies }: Thing): boolean {
  return near.closed && copies.length === 0;
}
