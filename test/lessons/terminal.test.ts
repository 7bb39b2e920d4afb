import { describe, expect, test } from "vitest";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
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

/**
 * Runs its arguments in a terminal of their own, whose output it prints. Its
 * orders: "type CODE" and "resize ROWS COLUMNS". When its orders end, so does
 * the terminal; it says last how the program ended.
 */
const terminal = `
import fcntl, os, pty, select, struct, sys, termios

child, master = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
orders = b""
while True:
    ready, _, _ = select.select([0, master], [], [])
    if master in ready:
        try:
            output = os.read(master, 65536)
        except OSError:
            output = b""
        if not output:
            break
        os.write(1, output)
    if 0 in ready:
        more = os.read(0, 65536)
        if not more:
            break
        *whole, orders = (orders + more).split(b"\\n")
        for order, *numbers in map(bytes.split, whole):
            if order == b"type":
                os.write(master, bytes([int(numbers[0])]))
            else:
                size = struct.pack("HHHH", *map(int, numbers), 0, 0)
                fcntl.ioctl(master, termios.TIOCSWINSZ, size)
                os.write(1, b"resized\\n")
os.close(master)
_, status = os.waitpid(child, 0)
if os.WIFSIGNALED(status):
    print("ended by signal", os.WTERMSIG(status))
else:
    print("ended with code", os.WEXITSTATUS(status))
`;

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
      await using lesson = new Command("python3", [
        "-c",
        terminal,
        process.execPath,
        ...options,
        "--import",
        "tsx",
        `examples/${file}`,
        "0",
      ]);
      const { output } = lesson;
      if (options.length > 0) await output.take(/listeners [1-9]/);
      const [, port] = await output.take(/Listening on 127\.0\.0\.1:(\d+)/);
      using client = await Client.connect(Number(port));
      expect(await client.ask()).toBe(answer);
      for (let rows = 20; rows < 30; rows++) {
        lesson.type(`resize ${rows} 100\n`);
        await output.take(/resized/);
        expect(await client.ask()).toBe(answer);
      }
      expect(await polite(Number(port))).toEqual(politeAnswers);

      const start = performance.now();
      lesson.type("type 3\n"); // Ctrl-C
      await output.take(/ended by signal 2\n/);
      expect(performance.now() - start).toBeLessThan(2000);
      expect(await client.rest()).toMatchObject({ text: "" });
    },
  );
});
