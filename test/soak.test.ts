/** The short form of `npm run soak`. */
import { expect, test } from "vitest";
import { soak } from "./soak/soak.ts";

test("under load no byte is lost, no event is another's, and nothing is left behind", async () => {
  const lines: string[] = [];
  const only = ["select", "async", "promises"];
  const problems = await soak(
    { ms: 6000, connections: 3000, clients: 400, seed: 1, only },
    (line) => {
      lines.push(line);
    },
  );
  expect(problems, lines.join("\n")).toEqual([]);
}, 300_000);
