import { describe, expect, test } from "vitest";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
import { Terminal } from "../helpers/terminal.ts";
import { Command, isInstalled, LessonServer, printed } from "./lessons.ts";

const file = "03-select.ts";

test("nc is answered, also a second one while the first stays", async ({
  skip,
}) => {
  if (!isInstalled("nc")) skip(printed("nc is not installed"));
  await using server = await LessonServer.start(file);
  const address = ["127.0.0.1", String(server.port)];
  await using first = new Command("nc", address);
  await using second = new Command("nc", address);
  for (const nc of [first, second, first]) {
    nc.type("hello\n");
    const [heard] = await server.during(nc.output.take(/^.*\n/));
    expect(heard).toBe(answer);
  }
  first.signal("SIGINT"); // Ctrl-C
  await first.ended;
  second.type("still there?\n");
  const [heard] = await server.during(second.output.take(/^.*\n/));
  expect(heard).toBe(answer);
  expect(await server.during(polite(server.port))).toEqual(politeAnswers);
});

/** Makes Node open the terminal, and listen to its SIGWINCH from then on. */
const outputOpened = `data:text/javascript,${encodeURIComponent(
  "process.stdout.write(`listeners ${process.listenerCount('SIGWINCH')}\\n`)",
)}`;

describe("in a terminal", () => {
  test.for<[name: string, options: readonly string[]]>([
    ["", []],
    [" to which Node has written", ["--import", outputOpened]],
  ])(
    "one%s that is resized ends nothing, and Ctrl-C ends it at once",
    async ([, options], { skip }) => {
      if (!isInstalled("python3")) skip(printed("python3 is not installed"));
      await using lesson = new Terminal(
        process.execPath,
        ...options,
        "--import",
        "tsx",
        `examples/${file}`,
        "0",
      );
      const { output } = lesson;
      if (options.length > 0) await output.take(/listeners [1-9]/);
      const [, port] = await output.take(/Listening on 127\.0\.0\.1:(\d+)/);
      using client = await Client.connect(Number(port));
      expect(await client.ask()).toBe(answer);
      for (let rows = 20; rows < 30; rows++) {
        lesson.resize(rows, 100);
        await output.take(/resized/);
        expect(await client.ask()).toBe(answer);
      }
      expect(await polite(Number(port))).toEqual(politeAnswers);

      const start = performance.now();
      lesson.press("\x03"); // Ctrl-C
      await output.take(/ended by signal 2\n/);
      expect(performance.now() - start).toBeLessThan(2000);
      expect(await client.rest()).toMatchObject({ text: "" });
    },
  );
});
