/** A few calls with anything: npm run fuzz:native makes many. */
import { describe, expect, test } from "vitest";
import { fuzz, layers } from "./fuzz/campaign.ts";
import * as everything from "./fuzz/public.ts";
import * as raw from "./fuzz/raw.ts";

const seed = Math.floor(Math.random() * 2 ** 32);

describe.skipIf(process.platform !== "linux")(
  "whatever a call is given",
  () => {
    test.each(layers)(
      "the %s functions give a result or a documented error",
      async (layer) => {
        const calls = layer === "raw" ? 40_000 : 15_000;
        expect(await fuzz({ layer, seed, calls }), `seed ${seed}`).toEqual([]);
      },
    );
  },
);

test("no function of the addon is left out", () => {
  expect(raw.untried()).toEqual([]);
});

test.skipIf(process.platform !== "linux")(
  "no public function is left out but the errors' own",
  () => {
    const rest = everything.untried().filter((name) => !name.endsWith("Error"));
    // Its fromFd() is tried; the other is abstract.
    expect(rest).toEqual(["Epoll", "BaseSelector"]);
  },
);
