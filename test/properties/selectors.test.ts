/**
 * Selectors against a model that knows nothing of the system: whatever is
 * registered, changed, taken out, closed and used again, in whatever order.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AlreadyRegisteredError,
  NotRegisteredError,
} from "posix-select/errors";
import {
  type BaseSelector,
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  SelectSelector,
} from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";

const READ_WRITE = EVENT_READ | EVENT_WRITE;

/** A socket, its peer, and what the model knows of them. */
interface Pair {
  near: Socket;
  far: Socket;
  hasData: boolean;
  /** Undefined: not registered. */
  watched: { events: number; data: number } | undefined;
}

class World implements Disposable {
  readonly selector: BaseSelector<number, Socket>;
  readonly pairs: Pair[];

  constructor(Selector: typeof DefaultSelector, count: number) {
    this.selector = new Selector<number, Socket>();
    this.pairs = Array.from({ length: count }, makePair);
  }

  [Symbol.dispose](): void {
    this.selector.close();
    for (const { near, far } of this.pairs) {
      near.close();
      far.close();
    }
  }
}

function makePair(): Pair {
  const [near, far] = socketpair();
  return { near, far, hasData: false, watched: undefined };
}

type Step =
  | {
      readonly do: "register" | "modify";
      at: number;
      events: number;
      data: number;
    }
  | { readonly do: "unregister" | "send" | "receive" | "replace"; at: number };

const places = 6;
const at = fc.nat({ max: places - 1 });
const events = fc.constantFrom(EVENT_READ, EVENT_WRITE, READ_WRITE);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom("register" as const, "modify" as const),
    at,
    events,
    data: fc.integer(),
  }),
  fc.record({
    do: fc.constantFrom(
      "unregister" as const,
      "send" as const,
      "receive" as const,
      "replace" as const,
    ),
    at,
  }),
);

function take({ selector, pairs }: World, step: Step): void {
  const pair = pairs[step.at];
  if (pair === undefined) throw new Error("no such place");
  const { near, far, watched } = pair;
  switch (step.do) {
    case "register": {
      const register = () => selector.register(near, step.events, step.data);
      if (watched === undefined) {
        register();
        pair.watched = { events: step.events, data: step.data };
      } else expect(register).toThrow(AlreadyRegisteredError);
      break;
    }
    case "modify": {
      const modify = () => selector.modify(near, step.events, step.data);
      if (watched === undefined) expect(modify).toThrow(NotRegisteredError);
      else {
        modify();
        pair.watched = { events: step.events, data: step.data };
      }
      break;
    }
    case "unregister":
      if (watched === undefined) {
        expect(() => selector.unregister(near)).toThrow(NotRegisteredError);
      } else expect(selector.unregister(near).data).toBe(watched.data);
      pair.watched = undefined;
      break;
    case "send":
      far.send("x");
      pair.hasData = true;
      break;
    case "receive":
      if (pair.hasData) near.recv(1000);
      pair.hasData = false;
      break;
    case "replace":
      // The numbers are used again, perhaps the other way round. A file that is
      // watched must be taken out before, as every mechanism but epoll wants it.
      if (watched !== undefined) selector.unregister(near);
      near.close();
      far.close();
      pairs[step.at] = makePair();
      break;
  }
}

/** What select() has to give, as text. */
function expected(pairs: readonly Pair[]): string[] {
  return pairs
    .flatMap(({ near, hasData, watched }) => {
      if (watched === undefined) return [];
      const ready = (hasData ? EVENT_READ : 0) | EVENT_WRITE;
      const found = ready & watched.events;
      return found === 0 ? [] : [`${near.fileno()} ${found} ${watched.data}`];
    })
    .sort();
}

describe.each([DefaultSelector, PollSelector, SelectSelector])(
  "%o",
  (Selector) => {
    test("finds what a model finds, whatever was done before", () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          using world = new World(Selector, places);
          for (const step of steps) {
            take(world, step);
            const found = world.selector
              .select(0)
              .map(([{ fd, data }, events]) => `${fd} ${events} ${data}`);
            expect(found.sort()).toEqual(expected(world.pairs));
            const registered = world.pairs.filter(({ watched }) => watched);
            expect(world.selector.getMap().size).toBe(registered.length);
          }
        }),
        { numRuns: 150 },
      );
    });
  },
);
