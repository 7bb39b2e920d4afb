import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  answer,
  Client,
  halfClosing,
  polite,
  politeAnswers,
} from "./clients.ts";
import { LessonServer, root } from "./lessons.ts";

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
