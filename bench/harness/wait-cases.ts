import type { Case } from "./calls.ts";

/** So many sockets, and how many of them are ready. */
export function waitCases(
  sizes: readonly number[],
  readyOf: (sockets: number) => readonly number[],
): Case[] {
  return sizes.flatMap((sockets) =>
    [...new Set(readyOf(sockets))]
      .filter((ready) => ready <= sockets)
      .map((ready) => ({
        name: `${sockets}, ${ready} ready`,
        argument: `${sockets}/${ready}`,
      })),
  );
}
