/**
 * Random programs give the same results and errors here as in CPython, but for
 * what `differences.ts` lists. `npm run fuzz` runs more of them.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCampaign } from "./campaign.ts";
import { Python, whyNot } from "./python.ts";
import { mechanisms } from "./steps.ts";

const reason = whyNot();
const given = process.env["POSIX_SELECT_SEED"];
const seed = Number(given ?? Math.floor(Math.random() * 2 ** 32));

let python: Python;

beforeAll(() => {
  if (reason === undefined) {
    console.log(`POSIX_SELECT_SEED=${seed}`);
    python = new Python();
  } else {
    console.log(`nothing is compared with CPython: ${reason}`);
  }
});

afterAll(() => {
  if (reason === undefined) python[Symbol.dispose]();
});

test("the seed is a whole number", () => {
  expect(seed).toSatisfy(Number.isInteger);
});

test.skipIf(reason !== undefined).for(mechanisms)(
  "%s does what CPython's does",
  async (mechanism) => {
    const programs = 150;
    const campaign = { python, seed, programs, mechanism };
    const { failure } = await runCampaign(campaign);
    expect.soft(failure?.program).toBeUndefined();
    expect(failure?.listing ?? "no difference").toBe("no difference");
  },
);
