import { chooseEvents, chooseMaxEvents, chooseTimeout } from "./amounts.ts";
import { kinds, pairs, type Sort, sortOf } from "./kinds.ts";
import { Random } from "./random.ts";
import {
  BASE,
  type Data,
  type FileArgument,
  type List,
  type Mechanism,
  type Program,
  type Step,
} from "./steps.ts";

/** A random program of 5 to 40 steps. */
export function generate(mechanism: Mechanism, seed: number): Program {
  return new Generator(mechanism, new Random(seed)).program();
}

class Generator {
  readonly #mechanism: Mechanism;
  readonly #random: Random;
  readonly #steps: Step[] = [];
  readonly #names: { name: string; sort: Sort }[] = [];
  /** Names that were not closed. */
  readonly #open = new Set<string>();
  readonly #isSelector: boolean;
  readonly #hasNumbers: boolean;

  constructor(mechanism: Mechanism, random: Random) {
    this.#mechanism = mechanism;
    this.#random = random;
    this.#isSelector = mechanism.endsWith("Selector");
    this.#hasNumbers = mechanism === "epoll" || mechanism === "EpollSelector";
  }

  program(): Program {
    const random = this.#random;
    const count = random.between(5, 40);
    if (random.chance(0.5)) this.#add(this.#make());
    for (let i = random.between(1, 3); i > 0; i--) this.#add(this.#openSome());
    if (this.#subjects().length === 0) this.#add(this.#make());
    while (this.#steps.length < count) this.#add(this.#step());
    return { mechanism: this.#mechanism, steps: this.#steps };
  }

  #add(step: Step | undefined): void {
    if (step) this.#steps.push(step);
  }

  // Names

  #name(sort: Sort): string {
    const place = this.#names.length;
    const letter = String.fromCharCode(97 + (place % 26));
    const name = place < 26 ? letter : `${letter}${Math.floor(place / 26)}`;
    this.#names.push({ name, sort });
    this.#open.add(name);
    return name;
  }

  #named(...sorts: readonly Sort[]): string[] {
    return this.#names
      .filter(({ sort }) => sorts.includes(sort))
      .map(({ name }) => name);
  }

  #subjects(): string[] {
    return this.#named("subject");
  }

  /** A name, rather one that is open. */
  #pick(names: readonly string[]): string | undefined {
    if (names.length === 0) return undefined;
    const open = names.filter((name) => this.#open.has(name));
    const isDead = open.length === 0 || this.#random.chance(0.08);
    return this.#random.pick(isDead ? names : open);
  }

  #anyFile(): string | undefined {
    return this.#pick(
      this.#named("socket", "stream", "listener", "plain", "wrapper"),
    );
  }

  // Steps

  #step(): Step | undefined {
    const random = this.#random;
    const isSelect = this.#mechanism === "select";
    const call = isSelect ? 0 : 1;
    const selector = this.#isSelector ? 1 : 0;
    const epoll = this.#mechanism === "epoll" ? 1 : 0;
    return random.weighted<() => Step | undefined>([
      [isSelect ? 40 : 0, () => this.#select()],
      [call * 22, () => this.#change("register")],
      [call * 9, () => this.#change("modify")],
      [call * 7, () => this.#find("unregister")],
      [call * 22, () => this.#wait()],
      [selector * 2, () => this.#find("getKey")],
      [selector * 2, () => this.#find("has")],
      [selector * 1, () => this.#on("map")],
      [this.#hasNumbers ? 0.4 : 0, () => this.#on("fileno")],
      [epoll * 0.3, () => this.#on("closed")],
      [call * (1 - epoll) * selector * 0.4 + epoll * 0.4, () => this.#finish()],
      [call * 0.6, () => this.#make()],
      [epoll * 0.4, () => this.#fromFd()],
      [8, () => this.#openSome()],
      [9, () => this.#send()],
      [1, () => this.#fill()],
      [6, () => this.#recv()],
      [3, () => this.#shutdown()],
      [8, () => this.#close()],
      [3, () => this.#twin("dup")],
      [this.#hasNumbers ? 2 : 0, () => this.#leftover()],
      [2, () => this.#twin("wrap")],
      [1.5, () => this.#connect()],
      [1.5, () => this.#accept()],
    ])();
  }

  #openSome(): Step | undefined {
    const kind = this.#random.weighted(kinds);
    const as = this.#random.chance(0.5) ? "number" : "object";
    const sort = sortOf(kind);
    const names = [this.#name(sort)];
    if (pairs.has(kind)) names.push(this.#name(sort));
    return { do: "open", kind, as, names };
  }

  #send(): Step | undefined {
    const name = this.#pick(this.#named("socket", "stream", "plain"));
    if (name === undefined) return undefined;
    const bytes = this.#random.pick([1, 1, 8, 100, 5000]);
    const urgent = this.#random.chance(0.1) ? { urgent: true as const } : {};
    return { do: "send", name, bytes, ...urgent };
  }

  #fill(): Step | undefined {
    const name = this.#pick(this.#named("stream", "plain"));
    return name === undefined ? undefined : { do: "fill", name };
  }

  #recv(): Step | undefined {
    const name = this.#pick(this.#named("socket", "stream", "plain"));
    if (name === undefined) return undefined;
    const bytes = this.#random.pick([1, 8, 100, 200_000]);
    return { do: "recv", name, bytes };
  }

  #shutdown(): Step | undefined {
    const name = this.#pick(this.#named("socket", "stream", "listener"));
    if (name === undefined) return undefined;
    const how = this.#random.pick([0, 1, 1, 2] as const);
    return { do: "shutdown", name, how };
  }

  #close(): Step | undefined {
    const name = this.#anyFile();
    if (name === undefined) return undefined;
    this.#open.delete(name);
    return { do: "close", name };
  }

  #twin(kind: "dup" | "wrap"): Step | undefined {
    const of =
      kind === "dup" && this.#hasNumbers && this.#random.chance(0.1)
        ? this.#pick(this.#subjects())
        : this.#anyFile();
    if (of === undefined) return undefined;
    const sort = this.#names.find(({ name }) => name === of)?.sort ?? "plain";
    const isSocket = sort !== "plain" && sort !== "wrapper";
    const after = isSocket && sort !== "subject" ? sort : "plain";
    const name = this.#name(kind === "wrap" ? "wrapper" : after);
    return { do: kind, of, name };
  }

  /** A descriptor that is closed while a dup() of it lives on. */
  #leftover(): Step | undefined {
    const of = this.#pick(this.#named("socket", "stream"));
    const on = this.#pick(this.#subjects());
    if (of === undefined || on === undefined) return undefined;
    const events = chooseEvents(this.#random, this.#mechanism, false) ?? 1;
    this.#add({ do: "register", on, file: { name: of }, events });
    this.#add({ do: "dup", of, name: this.#name("socket") });
    this.#add({ do: "close", name: of });
    this.#open.delete(of);
    if (this.#random.chance(0.5)) return undefined;
    return { do: "unregister", on, file: { name: of } };
  }

  #connect(): Step | undefined {
    const to = this.#pick(this.#named("listener"));
    if (to === undefined) return undefined;
    return { do: "connect", to, name: this.#name("socket") };
  }

  #accept(): Step | undefined {
    const from = this.#pick(this.#named("listener"));
    if (from === undefined) return undefined;
    return { do: "accept", from, name: this.#name("socket") };
  }

  #make(): Step | undefined {
    if (this.#mechanism === "select" || this.#subjects().length > 2) {
      return undefined;
    }
    const random = this.#random;
    const hasOptions = this.#mechanism === "epoll" && random.chance(0.1);
    const options = hasOptions
      ? {
          sizeHint: random.pick([-1, 1, 16, 0, -2, 2 ** 31]),
          flags: random.pick([0, 0, 0x80000, 1, 12356]),
        }
      : {};
    return { do: "make", name: this.#name("subject"), ...options };
  }

  #fromFd(): Step | undefined {
    const of = this.#random.chance(0.8)
      ? this.#pick(this.#subjects())
      : this.#anyFile();
    if (of === undefined) return undefined;
    return { do: "fromFd", of, name: this.#name("subject") };
  }

  #file(): FileArgument {
    const random = this.#random;
    const name = this.#anyFile();
    const subjects = this.#subjects();
    const subject = subjects.length > 0 ? random.pick(subjects) : undefined;
    return random.weighted<() => FileArgument>([
      [name === undefined ? 0 : 80, () => ({ name: name ?? "" })],
      [name === undefined ? 0 : 10, () => ({ numberOf: name ?? "" })],
      [2, () => ({ number: BASE + random.between(0, 12) })],
      [subject === undefined ? 0 : 2, () => ({ name: subject ?? "" })],
      [0.5, () => ({ number: random.pick([-1, -5]) })],
      [0.5, () => ({ number: 900 })],
      [0.3, () => ({ number: random.pick([1500, 2 ** 31 - 1]) })],
      [0.15, () => ({ number: random.pick([2 ** 31, 2 ** 40]) })],
      [
        0.6,
        () => ({
          wrong: random.pick([
            "none",
            "text",
            "object",
            "list",
            "fraction",
            "nan",
          ]),
        }),
      ],
    ])();
  }

  #select(): Step | undefined {
    const list = (): List => {
      const count = this.#random.weighted([
        [3, 0],
        [4, 1],
        [3, 2],
        [2, 4],
        [1, 8],
      ]);
      const files = Array.from({ length: count }, () => this.#file());
      const as = this.#random.weighted<List["as"]>([
        [90, "list"],
        [10, "iterator"],
        [0.3, "none"],
        [0.3, "number"],
        [0.3, "text"],
      ]);
      return { as, files };
    };
    const timeout = chooseTimeout(this.#random, this.#mechanism);
    return {
      do: "select",
      lists: [list(), list(), list()],
      timeout,
    };
  }

  #data(): { data?: Data } {
    const random = this.#random;
    return random.weighted<{ data?: Data }>([
      [4, {}],
      [4, { data: random.between(0, 2) }],
      [1, { data: "x" }],
      [0.3, { data: { list: true } }],
    ]);
  }

  #change(kind: "register" | "modify"): Step | undefined {
    const on = this.#pick(this.#subjects());
    if (on === undefined) return undefined;
    const isModify = kind === "modify";
    const events = chooseEvents(this.#random, this.#mechanism, isModify);
    return {
      do: kind,
      on,
      file: this.#file(),
      ...(events === undefined ? {} : { events }),
      ...(this.#isSelector ? this.#data() : {}),
    };
  }

  #find(kind: "unregister" | "getKey" | "has"): Step | undefined {
    const on = this.#pick(this.#subjects());
    if (on === undefined) return undefined;
    return { do: kind, on, file: this.#file() };
  }

  #on(kind: "map" | "fileno" | "closed"): Step | undefined {
    const on = this.#pick(this.#subjects());
    return on === undefined ? undefined : { do: kind, on };
  }

  #finish(): Step | undefined {
    const on = this.#pick(this.#subjects());
    if (on === undefined) return undefined;
    this.#open.delete(on);
    return { do: "finish", on };
  }

  #wait(): Step | undefined {
    const on = this.#pick(this.#subjects());
    if (on === undefined) return undefined;
    const timeout = chooseTimeout(this.#random, this.#mechanism);
    const maxEvents =
      this.#mechanism === "epoll" ? chooseMaxEvents(this.#random) : undefined;
    return {
      do: "wait",
      on,
      timeout,
      ...(maxEvents === undefined ? {} : { maxEvents }),
    };
  }
}
