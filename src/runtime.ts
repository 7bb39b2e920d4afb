/** What the addon may ask of the program that runs it. */

/** Runtimes that are not Node have no libuv loop, though some have its API. */
export const hasLibuv =
  process.versions["bun"] === undefined &&
  process.versions["deno"] === undefined;
