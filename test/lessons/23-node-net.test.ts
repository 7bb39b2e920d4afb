import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  answer,
  Client,
  halfClosing,
  polite,
  politeAnswers,
} from "./clients.ts";
import { loader } from "../helpers/programs.ts";
import { Command, LessonServer, root } from "./lessons.ts";

const file = "23-node-net.ts";

test("it is the server of the other lessons", async () => {
  await using server = await LessonServer.start(file);
  using rude = await Client.connect(server.port);
  expect(await server.during(rude.ask())).toBe(answer);
  rude.reset();
  expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  expect(await server.during(halfClosing(server.port, "hello\n"))).toEqual({
    text: answer,
    end: "EOF",
  });
  expect(await server.interrupt()).toMatchObject({
    signal: "SIGINT",
    stderr: "",
  });
});

test("what is too much for the process is taken and closed", async () => {
  const node = `ulimit -n 100; exec "$0" --import ${loader} examples/${file} 0`;
  await using program = new Command("/bin/sh", ["-c", node, process.execPath]);
  const [, port] = await program.output.take(/^Listening on .*:(\d+)\n/);
  const clients: Client[] = [];
  try {
    for (let i = 0; i < 120; i++)
      clients.push(await Client.connect(Number(port)));
    const [first, last] = [clients[0], clients.at(-1)];
    expect(await first?.ask()).toBe(answer);
    expect(await last?.rest()).toMatchObject({ text: "" }); // EOF, or a reset
    expect(await first?.ask()).toBe(answer);
    for (const client of clients) {
      client.end(); // each makes room
      await client.rest();
    }
    expect(await polite(Number(port))).toEqual(politeAnswers);
  } finally {
    for (const client of clients) client.destroy();
  }
});

test("it uses none of our modules, and names no lesson that there is not", () => {
  const source = readFileSync(`${root}/examples/${file}`, "utf8");
  expect(source).not.toContain("posix-select/");
  const numbers = readdirSync(`${root}/examples`).map((name) =>
    name.slice(0, 2),
  );
  const comments = source.match(/^ *\/\/.*$/gm) ?? [];
  const named = comments.flatMap((line) => line.match(/\b\d\d\b/g) ?? []);
  expect(named.length).toBeGreaterThan(10);
  for (const number of named) {
    expect(Number(number)).toBeGreaterThan(0);
    expect(Number(number)).toBeLessThan(23);
  }
  expect(numbers).toContain("23");
});
