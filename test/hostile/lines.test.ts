/** The lessons that answer "Hello world", among peers that mean no good. */
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { polite, politeAnswers } from "../lessons/clients.ts";
import { LessonServer, openFiles } from "../lessons/lessons.ts";
import {
  amount,
  destroyAll,
  flood,
  Memory,
  mostGrowth,
  raw,
  raws,
  rest,
} from "./support.ts";

const files = [
  "14-backpressure.ts",
  "15-timers.ts",
  "16-futures-and-tasks.ts",
  "17-async-server.ts",
  "21-shutdown.ts",
];

async function expectService(server: LessonServer): Promise<void> {
  const answers = await server.during(polite(server.port));
  assert.deepEqual(answers, politeAnswers);
}

describe.concurrent.each(files)("%s", (file) => {
  test("serves honest clients, in bounded memory, and leaves nothing open", async ({
    expect,
  }) => {
    await using server = await LessonServer.start(file);
    await expectService(server);
    const before = openFiles(server.program.pid) ?? 0;
    using memory = new Memory(server);

    // A byte at a time.
    const slow = await raws(server.port, amount(100, 2000));
    for (let i = 0; i < amount(5, 50); i++) {
      for (const socket of slow) socket.write("x");
      await expectService(server);
    }
    // Those that talk without end and never read.
    const loud = await raws(server.port, amount(10, 100));
    const floods = loud.map((socket) =>
      flood(socket, "no line, for ever".repeat(4000), amount(1e7, 5e7)),
    );
    await expectService(server);
    await Promise.all(floods);
    await expectService(server);
    // No text at all.
    const noise = await raw(server.port);
    noise.end(Buffer.from("fffec080eda080f4908080001b5b324a0a", "hex"));
    // Half-open ones, and some that vanish.
    for (let i = 0; i < amount(2, 20); i++) {
      const some = await raws(server.port, 200);
      for (const [j, socket] of some.entries()) {
        if (j % 3 === 0) socket.resetAndDestroy();
        else if (j % 3 === 1) socket.end("x");
        else socket.end();
      }
      await expectService(server);
      destroyAll(some);
    }
    expect(memory.growth).toBeLessThan(mostGrowth);

    destroyAll([...slow, ...loud, noise]);
    await expectService(server);
    await expect
      .poll(() => openFiles(server.program.pid) ?? 0, { timeout: 30_000 })
      .toBeLessThanOrEqual(before);
    const { stderr } = await server.interrupt();
    expect(stderr).toBe("");
  });
});

describe.concurrent.each([0, 2])(
  "18-cpu-and-workers/index.ts with %d workers",
  (workers) => {
    test("tells nonsense apart, in bounded memory", async ({ expect }) => {
      const args = ["--workers", String(workers)];
      const file = "18-cpu-and-workers/index.ts";
      await using server = await LessonServer.start(file, 0, args);
      const ask = async (text: string | Buffer): Promise<string> => {
        const socket = await raw(server.port);
        socket.end(text);
        return server.during(rest(socket));
      };
      const error = "Error: not a number from 0 to 45\n";
      expect(await ask("1\n")).toBe("1\n");
      using memory = new Memory(server);
      for (const line of ["", "-1", "1e1", "46", "99999", "0x1", "NaN", "1 2"])
        expect(await ask(`${line}\n`)).toBe(error);
      expect(await ask(Buffer.from("fffec0800a", "hex"))).toBe(error);
      // A line without an end is one line, and no number.
      const endless = await raw(server.port);
      await flood(endless, "1".repeat(10_000), amount(5e6, 5e7));
      expect(await ask("2\n")).toBe("1\n");
      // Those that ask without end, and never read or are gone.
      const loud = await raws(server.port, amount(10, 50));
      const floods = loud.map((socket) =>
        flood(socket, "?\n".repeat(5e4), 5e6),
      );
      expect(await ask("3\n")).toBe("2\n");
      await Promise.all(floods);
      const gone = await raws(server.port, amount(50, 500));
      for (const socket of gone) {
        socket.write("20\n");
        socket.resetAndDestroy();
      }
      expect(await ask("4\n")).toBe("3\n");
      expect(memory.growth).toBeLessThan(mostGrowth);
      destroyAll([endless, ...loud, ...gone]);
      expect((await server.interrupt()).stderr).toBe("");
    });
  },
);
