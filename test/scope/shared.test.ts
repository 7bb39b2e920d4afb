/** The memory between the watched thread and the scope's own. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Shared } from "../../src/scope/shared.ts";

test("what one side writes the other reads, in order, whole", () => {
  const writer = new Shared();
  const reader = new Shared(writer.memory);
  expect(reader.read()).toEqual([]);
  writer.write("one");
  writer.write("ünïcödé 🙂");
  expect(reader.read()).toEqual(["one", "ünïcödé 🙂"]);
  expect(reader.read()).toEqual([]);
});

test("lines go round the ring's end", () => {
  const writer = new Shared();
  const reader = new Shared(writer.memory);
  const line = "é".repeat(50_000);
  const wanted: string[] = [];
  const got: string[] = [];
  for (let i = 0; i < 100; i++) {
    wanted.push(`${String(i)} ${line}`);
    expect(writer.write(`${String(i)} ${line}`)).toBe(true);
    if (i % 3 === 0) got.push(...reader.read());
  }
  got.push(...reader.read());
  expect(got).toEqual(wanted);
});

test("what does not fit is not written, not even in part", () => {
  const writer = new Shared();
  const reader = new Shared(writer.memory);
  const line = "x".repeat(1_000_000);
  let count = 0;
  while (writer.write(line)) count++;
  expect(count).toBeGreaterThanOrEqual(4);
  expect(reader.read()).toEqual(Array<string>(count).fill(line));
  expect(writer.write(line)).toBe(true);
  expect(reader.read()).toEqual([line]);
});

test("both may be at it at once", async () => {
  const reader = new Shared();
  const module = new URL("../../src/scope/shared.ts", import.meta.url);
  const source = `
    const { workerData } = require("node:worker_threads");
    import("tsx/esm/api").then(async ({ register }) => {
      register();
      const { Shared } = await import(${JSON.stringify(module.href)});
      const shared = new Shared(workerData);
      for (let i = 0; i < 300000; ) {
        if (shared.write(i + " " + "y".repeat(i % 97))) i++;
      }
    });
  `;
  const worker = new Worker(source, { eval: true, workerData: reader.memory });
  const exit = once(worker, "exit");
  for (let next = 0; next < 300_000;) {
    const lines = reader.read();
    for (const line of lines) {
      if (line !== `${String(next)} ${"y".repeat(next % 97)}`) {
        throw new Error(`line ${String(next)} is ${line}`);
      }
      next++;
    }
    if (lines.length === 0) await new Promise(setImmediate);
  }
  await exit;
  expect(reader.read()).toEqual([]);
});

test("a step is for one wait, and resuming takes back what is left", () => {
  const page = new Shared();
  const program = new Shared(page.memory);
  expect(program.isPaused).toBe(false);
  page.pause();
  expect(program.isPaused).toBe(true);
  expect(program.takeStep()).toBe(false);
  page.step();
  expect(program.takeStep()).toBe(true);
  expect(program.takeStep()).toBe(false);
  page.step();
  page.resume();
  page.pause();
  expect(program.takeStep()).toBe(false);
});
