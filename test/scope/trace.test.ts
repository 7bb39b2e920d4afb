/** The Trace Event Format, and what is kept for a page that comes late. */
import { expect, test } from "vitest";
import type { ScopeEvent } from "../../src/scope/events.ts";
import { History } from "../../src/scope/history.ts";
import { Trace, type TraceEvent } from "../../src/scope/trace.ts";

/** A server with a listener, a client and a task, as it would be told. */
const events: readonly ScopeEvent[] = [
  { type: "start", t: 0, program: "a.ts", pid: 7, runtime: "v20", at: "" },
  { type: "source", t: 0, source: 1, url: "file:///a/b.ts", text: "x" },
  { type: "task", t: 0, task: 1, name: "server" },
  { type: "resume", t: 0, task: 1 },
  { type: "suspend", t: 1, task: 1, source: 1, line: 12, column: 3 },
  { type: "lane", t: 1, lane: 1, fd: 20, kind: "listener", name: "listener x" },
  { type: "watch", t: 1, lane: 1, events: 1 },
  ...wait(1, 1.5, "select", true),
  { type: "wake", t: 5.25, turn: 1, ready: [[1, 1, "onReady"]], error: null },
  { type: "resume", t: 5.3, task: 1 },
  { type: "lane", t: 6, lane: 2, fd: 21, kind: "connection", name: "client" },
  io(6, 1, "accept", null),
  io(6.5, 2, "recv", 10),
  io(6.6, 2, "send", 4),
  { type: "done", t: 6.7, task: 1 },
  { type: "watch", t: 7, lane: 2, events: 3 },
  ...wait(2, 7, "EpollSelector", false),
  ...wait(3, 7.5, "select", true),
  { type: "wake", t: 8, turn: 2, ready: [[2, 2, null]], error: null },
  { type: "wake", t: 9, turn: 3, ready: [], error: "EINTR" },
  { type: "watch", t: 10, lane: 2, events: 4 },
  { type: "close", t: 11, lane: 2 },
  { type: "pause", t: 12 },
  { type: "go", t: 13 },
  {
    ...{ type: "omitted", t: 14, turns: 5, ready: 5, operations: 10 },
    ...{ bytesIn: 1, bytesOut: 2 },
  },
  { type: "end", t: 15 },
];

function wait(
  turn: number,
  t: number,
  mechanism: string,
  isBlocking: boolean,
): ScopeEvent[] {
  const what = { mechanism, isBlocking, timeoutMs: null, watched: 1 };
  return [{ type: "wait", t, turn, ...what }];
}

function io(
  t: number,
  lane: number,
  operation: string,
  bytes: number | null,
): ScopeEvent {
  const rest = { error: null, preview: null, accepted: null };
  return { type: "io", t, lane, operation, bytes, ...rest };
}

function traced(): TraceEvent[] {
  const trace = new Trace();
  return events.flatMap((event) => trace.take(event));
}

test("each event has what the format asks for", () => {
  for (const event of traced()) {
    const { ph, ts, pid, tid, name } = event;
    expect(["B", "E", "X", "M", "C", "i", "b", "e"]).toContain(ph);
    expect(Number.isInteger(ts), JSON.stringify(event)).toBe(true);
    expect(pid).toBe(7);
    expect(Number.isInteger(tid)).toBe(true);
    expect(typeof name === "string" && name !== "").toBe(true);
    if (ph === "X") expect(event["dur"]).toBeGreaterThanOrEqual(0);
    if (ph === "i") expect(event["s"]).toBe("t");
    if (ph === "b" || ph === "e") {
      expect(event["id"]).toBeDefined();
      expect(event["cat"]).toBeDefined();
    }
    if (ph === "C") {
      for (const count of Object.values(event["args"] as object)) {
        expect(typeof count).toBe("number");
      }
    }
  }
});

test("what begins on a thread ends there, one in another", () => {
  const open = new Map<unknown, string[]>();
  for (const { ph, tid, name } of traced()) {
    const stack = open.get(tid) ?? [];
    open.set(tid, stack);
    if (ph === "B") stack.push(String(name));
    if (ph === "E") expect(stack.pop()).toBe(name);
  }
  // The listener is watched to the end.
  expect([...open.values()].flat()).toEqual(["watched: read"]);
});

test("a wait is a slice of the loop's thread, in microseconds", () => {
  const slices = traced().filter(({ ph, tid }) => ph === "X" && tid === 1);
  expect(slices).toMatchObject([
    { name: "select", ts: 1500, dur: 3750, args: { turn: 1, ready: 1 } },
    { name: "onReady", ts: 5250, dur: 2250 },
    { name: "select", ts: 7500, dur: 1500, args: { error: "EINTR" } },
  ]);
});

test("an awaited wait may overlap others", () => {
  const edges = traced().filter(({ ph }) => ph === "b" || ph === "e");
  expect(edges).toMatchObject([
    { name: "EpollSelector", ph: "b", id: 2, ts: 7000 },
    { name: "EpollSelector", ph: "e", id: 2, ts: 8000 },
  ]);
});

test("a task's run and its waiting are slices of a thread of its own", () => {
  const own = traced().filter(({ tid }) => tid === 1_000_001);
  expect(own.map(({ ph, name }) => [ph, name])).toEqual([
    ["M", "thread_name"],
    ["M", "thread_sort_index"],
    ["X", "server"],
    ["B", "waits at b.ts:12"],
    ["E", "waits at b.ts:12"],
    ["X", "server"],
  ]);
});

test("a task that was resumed while nothing was told is not nested", () => {
  const trace = new Trace();
  const told = [
    ...events.slice(0, 5),
    { ...{ type: "suspend", t: 2, task: 1 }, source: 1, line: 13, column: 3 },
    { type: "done", t: 3, task: 1 },
  ] as ScopeEvent[];
  const own = told
    .flatMap((event) => trace.take(event))
    .filter(({ tid, ph }) => tid === 1_000_001 && ph !== "M" && ph !== "X");
  expect(own.map(({ ph, name }) => [ph, name])).toEqual([
    ["B", "waits at b.ts:12"],
    ["E", "waits at b.ts:12"],
    ["B", "waits at b.ts:13"],
    ["E", "waits at b.ts:13"],
  ]);
});

test("a late page is told all that still holds, and the newest in full", () => {
  const history = new History();
  for (const event of events.slice(0, 20)) history.add(event, 200);
  const gone: ScopeEvent[] = [
    { type: "lane", t: 20, lane: 3, fd: 30, kind: "pipe", name: "pipe" },
    { type: "watch", t: 20, lane: 3, events: 1 },
    { type: "close", t: 21, lane: 3 },
    { type: "task", t: 21, task: 2, name: "gone" },
    { type: "done", t: 22, task: 2 },
  ];
  for (const event of gone) history.add(event, 200);
  for (let turn = 10; turn < 200_000; turn++) {
    const [event] = wait(turn, turn, "select", true);
    if (event !== undefined) history.add(event, 200);
  }
  const kept = history.events();
  expect(kept.length).toBeLessThan(170_000);
  expect(kept[0]?.type).toBe("start");
  expect(kept.filter(({ type }) => type === "source")).toHaveLength(1);
  const lanes = kept.flatMap((event) =>
    event.type === "lane" ? [event.lane] : [],
  );
  expect(lanes).toEqual([1, 2]);
  expect(kept.filter(({ type }) => type === "watch")).toHaveLength(2);
  expect(kept.filter(({ type }) => type === "task")).toHaveLength(0);
  expect(kept.at(-1)).toMatchObject({ type: "wait", turn: 199_999 });
});
