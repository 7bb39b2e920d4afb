import { setTimeout as wallClock } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  answer,
  Client,
  crowd,
  Flood,
  halfClosing,
  leavingSilently,
  polite,
  politeAnswers,
  resetting,
  resettingAfterSending,
  vanishingInMidReply,
} from "./clients.ts";
import {
  busyTimeMs,
  cpuTimeMs,
  isLong,
  type Lesson,
  LessonServer,
  openFiles,
  servers,
} from "./lessons.ts";

/** Expects a server that answers, has not complained, and ends by Ctrl-C. */
async function expectInGoodHealth(
  server: LessonServer,
  endsBy: "SIGINT" | 0,
): Promise<void> {
  expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  const { code, signal, stderr } = await server.interrupt();
  expect({ endsBy: signal ?? code, stderr }).toEqual({ endsBy, stderr: "" });
}

/** Clients that take no trouble to leave well. */
const rude = [
  ["reset at once", resetting],
  ["reset after sending", resettingAfterSending],
  ["vanish in mid-reply", vanishingInMidReply],
  ["leave without a word", leavingSilently],
] as const;

/** Each with a server of its own, or one after another with the same. */
const rudeOnes: [
  does: string,
  clients: ((port: number) => Promise<unknown>)[],
][] = isLong
  ? rude.map(([does, client]) => [does, [client]])
  : [["reset, vanish or leave", rude.map(([, client]) => client)]];

/** More than select(2) has room for, by each mechanism at least once. */
const crowdOf = (file: string): number =>
  isLong || /^0[3-8]/.test(file) ? 1100 : 200;

describe.each(servers)("$file", ({ file, endsBy }) => {
  test("each message gets its answer, and who ends gets EOF", async () => {
    await using server = await LessonServer.start(file);
    expect(await server.during(polite(server.port))).toEqual(politeAnswers);
    for (let i = 0; i < 20; i++) {
      const heard = await server.during(halfClosing(server.port, "hello\n"));
      expect(heard).toEqual({ text: answer, end: "EOF" });
    }
    expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  });

  test("several lines in one write are answered", async () => {
    await using server = await LessonServer.start(file);
    using client = await Client.connect(server.port);
    expect(await server.during(client.ask("one\ntwo\nthree\n"))).toBe(answer);
    client.end();
    const { text, end } = await server.during(client.rest());
    expect(end).toBe("EOF");
    // One message or three: the stream has no bounds, but no more than lines.
    expect(["", answer, answer + answer]).toContain(text);
    await expectInGoodHealth(server, endsBy);
  });

  test.each(rudeOnes)("clients that %s do not end it", async (_, clients) => {
    await using server = await LessonServer.start(file);
    for (const client of clients) {
      for (let i = 0; i < 20; i++) await server.during(client(server.port));
      await server.during(
        Promise.all(Array.from({ length: 20 }, () => client(server.port))),
      );
    }
    await expectInGoodHealth(server, endsBy);
  });

  test("clients that go before it can accept them do not end it", async () => {
    await using server = await LessonServer.start(file);
    using first = await Client.connect(server.port);
    expect(await server.during(first.ask())).toBe(answer);
    const { process } = server.program;
    process.kill("SIGSTOP"); // what comes now comes all at once
    try {
      for (let i = 0; i < 20; i++) {
        await resetting(server.port);
        await resettingAfterSending(server.port);
        using client = await Client.connect(server.port);
        client.say("hello\n");
      }
    } finally {
      process.kill("SIGCONT");
    }
    expect(await server.during(first.ask())).toBe(answer);
    first.end();
    await expectInGoodHealth(server, endsBy);
  });
});

describe.each(servers.filter(({ manyClients }) => !manyClients))(
  "$file, for one client at a time",
  ({ file }) => {
    test("the second client waits until the first leaves", async () => {
      await using server = await LessonServer.start(file);
      using first = await Client.connect(server.port);
      using second = await Client.connect(server.port);
      second.say("hello\n");
      for (let i = 0; i < 200; i++) {
        expect(await server.during(first.ask())).toBe(answer);
      }
      expect(second.unread).toBe("");
      first.end();
      expect(await server.during(second.reply())).toBe(answer);
    });

    test.each([
      [
        "resets",
        (client: Client) => {
          client.reset();
        },
      ],
      [
        "is gone",
        (client: Client) => {
          client.destroy();
        },
      ],
    ])("a first client that %s lets the second in", async (_, leave) => {
      await using server = await LessonServer.start(file);
      using first = await Client.connect(server.port);
      using second = await Client.connect(server.port);
      second.say("hello\n");
      expect(await server.during(first.ask())).toBe(answer);
      leave(first);
      expect(await server.during(second.reply())).toBe(answer);
    });
  },
);

describe.each(servers.filter(({ manyClients }) => manyClients))(
  "$file, for many clients",
  ({ file, endsBy }) => {
    test("clients are answered at once while others are silent", async () => {
      await using server = await LessonServer.start(file);
      using silent = await Client.connect(server.port);
      using second = await Client.connect(server.port);
      using third = await Client.connect(server.port);
      for (let i = 0; i < 10; i++) {
        expect(await server.during(third.ask())).toBe(answer);
        expect(await server.during(second.ask())).toBe(answer);
      }
      expect(silent.unread).toBe("");
      expect(await server.during(silent.ask())).toBe(answer);
    });

    // It takes a lesson long to fill what the system keeps for a client.
    if (isLong || /^(03|05|06|17|21|23)-/.test(file)) {
      test("a client that never reads holds up nobody", async () => {
        await using server = await LessonServer.start(file);
        using other = await Client.connect(server.port);
        expect(await server.during(other.ask())).toBe(answer);
        using flood = new Flood(server.port);
        // In the end it is let go, or nothing is read from it any more: else the
        // server would keep more and more for it.
        let before = flood.chunks;
        let answersSince = 0;
        while (!flood.isOver && answersSince < 300) {
          expect(await server.during(other.ask())).toBe(answer);
          answersSince = flood.chunks === before ? answersSince + 1 : 0;
          before = flood.chunks;
        }
        expect(flood.chunks).toBeGreaterThan(0);
        expect(await server.during(other.ask())).toBe(answer);
        await expectInGoodHealth(server, endsBy);
      });
    }

    test(`${crowdOf(file)} clients at once all get their answer`, async () => {
      await using server = await LessonServer.start(file);
      expect(await server.during(polite(server.port))).toEqual(politeAnswers);
      const before = openFiles(server.program.pid);
      const answers = await server.during(crowd(server.port, crowdOf(file)));
      expect(new Set(answers)).toEqual(new Set([answer]));
      expect(answers).toHaveLength(crowdOf(file));
      expect(await server.during(polite(server.port))).toEqual(politeAnswers);
      expect(await server.during(polite(server.port))).toEqual(politeAnswers);
      // None of those that left is still open. Node closes after it has ended.
      await expect
        .poll(() => openFiles(server.program.pid) ?? 0, { timeout: 30_000 })
        .toBeLessThanOrEqual(before ?? 0);
      await expectInGoodHealth(server, endsBy);
    });
  },
);

describe("while three clients are connected and silent", () => {
  const windowMs = 1500;

  /** The part of the time that a lesson spends while nothing happens. */
  async function idleShare(
    { file, manyClients }: Lesson,
    spentMs: (pid: number) => number,
  ): Promise<number> {
    await using server = await LessonServer.start(file);
    using first = await Client.connect(server.port);
    using second = await Client.connect(server.port);
    using third = await Client.connect(server.port);
    const served = manyClients ? [first, second, third] : [first];
    for (const client of served) {
      expect(await server.during(client.ask())).toBe(answer);
    }
    const { pid } = server.program;
    const before = spentMs(pid);
    const start = performance.now();
    await server.during(wallClock(windowMs));
    const gainedMs = spentMs(pid) - before;
    return gainedMs / (performance.now() - start);
  }

  // At the same time, so that the windows lie above each other.
  test.concurrent.each(servers.filter(({ burnsACore }) => burnsACore))(
    "$file burns a core, as far as it gets one",
    async (lesson) => {
      expect(await idleShare(lesson, busyTimeMs)).toBeGreaterThan(0.2);
    },
  );

  test.concurrent.each(servers.filter(({ burnsACore }) => !burnsACore))(
    "$file takes no processor time",
    async (lesson) => {
      expect(await idleShare(lesson, cpuTimeMs)).toBeLessThan(0.02);
    },
  );
});
