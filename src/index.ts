/// <reference types="node" preserve="true" />
/**
 * The operating system's readiness calls and BSD sockets: all the modules of
 * this package in one, but for `posix-select/inspect`.
 * @module posix-select
 */
export * from "./errors.ts";
export * from "./fd.ts";
export * as promises from "./promises/index.ts";
export * from "./select.ts";
export * from "./selectors/index.ts";
export * from "./socket/index.ts";
export type { IoMessage, WaitMessage, Watched } from "./observe.ts";
