/** The selectors' contract, on a simulation of kqueue(2). */
import { describe } from "vitest";
import { contract } from "../selectors/contract.ts";
import { SimulatedKqueueSelector } from "./simulated-selector.ts";

describe("KqueueSelector, simulated", () => {
  contract(SimulatedKqueueSelector, {
    hasPriority: false,
    looks: true,
    watchesFiles: true,
    closed: "silent",
  });
});
