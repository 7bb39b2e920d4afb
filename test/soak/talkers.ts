import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Random } from "../differential/random.ts";

const noise = randomFillSync(Buffer.alloc(1 << 20));

/** A client whose bytes must all come back, each once and in order. */
export class Talker {
  readonly #socket: Socket;
  readonly #sent = createHash("sha256");
  readonly #heard = createHash("sha256");
  #owed = 0;
  #wanted: (() => void) | undefined;
  #problem = "";
  bytes = 0;

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true);
    socket
      .on("data", (data) => {
        this.#heard.update(data);
        this.#owed -= data.length;
        if (this.#owed <= 0) this.#wanted?.();
      })
      .on("error", ({ message }) => {
        this.#problem = message;
      })
      .on("close", () => {
        this.#wanted?.();
      });
  }

  static async connect(port: number): Promise<Talker> {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    await once(socket, "connect");
    return new Talker(socket);
  }

  /** Says something random, of so many bytes at most. */
  say(random: Random, most: number): void {
    const length = random.between(1, Math.min(most, noise.length));
    const at = random.between(0, noise.length - length);
    const data = noise.subarray(at, at + length);
    this.#sent.update(data);
    this.#owed += length;
    this.bytes += length;
    this.#socket.write(data);
  }

  /** Until it has heard as much as it has said. */
  async heard(): Promise<void> {
    if (this.#owed <= 0 || this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#wanted = resolve;
    });
    this.#wanted = undefined;
  }

  /** Leaves. Gives what was wrong, or "". */
  async leave(): Promise<string> {
    const closed = this.#socket.closed
      ? undefined
      : once(this.#socket, "close").catch(() => undefined);
    this.#socket.end();
    await closed;
    if (this.#problem !== "") return this.#problem;
    if (this.#owed !== 0) return `${this.#owed} bytes too few`;
    const isSame = this.#sent.digest("hex") === this.#heard.digest("hex");
    return isSame ? "" : "other bytes than it said";
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Many at once, all of whom talk in each of the rounds. Gives what was wrong. */
export async function crowd(
  port: number,
  count: number,
  rounds: number,
  random: Random,
): Promise<string[]> {
  const talkers: Talker[] = [];
  while (talkers.length < count) {
    const some = Math.min(500, count - talkers.length);
    talkers.push(
      ...(await Promise.all(
        Array.from({ length: some }, () => Talker.connect(port)),
      )),
    );
  }
  for (let i = 0; i < rounds; i++) {
    for (const talker of talkers) talker.say(random, 300);
    await Promise.all(talkers.map((talker) => talker.heard()));
  }
  const problems = await Promise.all(talkers.map((talker) => talker.leave()));
  return problems.filter((problem) => problem !== "");
}

/** Clients that come, talk and leave until the time is over. */
export async function traffic(
  port: number,
  count: number,
  ms: number,
  random: Random,
): Promise<{ bytes: number; talkers: number; problems: string[] }> {
  const found = { bytes: 0, talkers: 0, problems: new Array<string>() };
  const end = performance.now() + ms;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const talker = await Talker.connect(port);
      for (let i = random.between(0, 20); i > 0; i--) {
        talker.say(random, random.chance(0.1) ? 1 << 20 : 5000);
        if (random.chance(0.5)) await talker.heard();
      }
      const problem = await talker.leave();
      found.talkers++;
      found.bytes += talker.bytes;
      if (problem !== "") found.problems.push(problem);
    }
  };
  await Promise.all(Array.from({ length: count }, one));
  return found;
}
