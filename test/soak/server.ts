import { setTimeout as wallClock } from "node:timers/promises";
import { connect } from "node:net";
import { once } from "node:events";
import { epoll, kqueue } from "posix-select/select";
import { Program } from "../helpers/programs.ts";
import type { Figures } from "./figures.ts";

/** The kinds of server that this system can have. */
export const kinds = [
  "select",
  "poll",
  ...(epoll === undefined ? [] : ["epoll"]),
  ...(kqueue === undefined ? [] : ["kqueue"]),
  "async",
  "promises",
];

function isFigures(value: unknown): value is Figures {
  return typeof value === "object" && value !== null && "accepted" in value;
}

/** An echo server in a process of its own. */
export class EchoServer implements AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  /** Where it hardly ever accepts. */
  readonly fullPort: number;
  readonly #controlPort: number;

  private constructor(program: Program, ports: readonly number[]) {
    this.program = program;
    [this.port = 0, this.fullPort = 0, this.#controlPort = 0] = ports;
  }

  static async start(kind: string): Promise<EchoServer> {
    const program = new Program("test/programs/soak-server.ts", [kind]);
    const line = await program.line();
    return new EchoServer(program, line.split(" ").map(Number));
  }

  /** What it has, after a garbage collection. */
  async figures(): Promise<Figures> {
    const socket = connect(this.#controlPort, "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
    await once(socket, "close");
    const told: unknown = JSON.parse(text);
    if (!isFigures(told)) throw new Error(`it told ${text}`);
    return told;
  }

  /** The same once all who were accepted have left. */
  async atRest(limitMs = 60_000): Promise<Figures> {
    const end = performance.now() + limitMs;
    for (;;) {
      const figures = await this.figures();
      const { accepted, left, broken } = figures;
      if (accepted === left + broken) return figures;
      if (performance.now() > end) {
        throw new Error(`${accepted} came, ${left} + ${broken} left`);
      }
      await wallClock(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}
