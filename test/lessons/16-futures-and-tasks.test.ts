import { expect, test } from "vitest";
import { answer, Client, polite, politeAnswers } from "./clients.ts";
import { loader } from "../helpers/programs.ts";
import { Command, LessonServer } from "./lessons.ts";

const file = "16-futures-and-tasks.ts";

test("a task goes on while others wait, and ends when its client does", async () => {
  await using server = await LessonServer.start(file);
  using silent = await Client.connect(server.port);
  using rude = await Client.connect(server.port);
  expect(await server.during(rude.ask())).toBe(answer);
  rude.reset(); // the future of its recv() has an error
  for (let i = 0; i < 5; i++) {
    expect(await server.during(polite(server.port))).toEqual(politeAnswers);
  }
  expect(silent.unread).toBe("");
  expect(await server.during(silent.ask())).toBe(answer);
  expect(await server.interrupt()).toMatchObject({
    signal: "SIGINT",
    stderr: "",
  });
});

test("with no descriptor left clients wait until others leave", async () => {
  const node = `exec "$0" --import ${loader} examples/${file} 0`;
  await using server = new Command("/bin/sh", [
    "-c",
    `ulimit -n 100; ${node}`,
    process.execPath,
  ]);
  const [, port] = await server.output.take(/Listening on [\d.]+:(\d+)\n/);
  const clients: Client[] = [];
  for (let i = 0; i < 120; i++) {
    clients.push(await Client.connect(Number(port)));
    clients.at(-1)?.say("hello\n");
  }
  for (const client of clients) {
    expect(await client.reply()).toBe(answer);
    client.end();
    expect(await client.rest()).toEqual({ text: "", end: "EOF" });
  }
});
