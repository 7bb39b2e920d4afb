import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Makes what serves all waits in nobody's context: else it would keep what the
 * first of them had in an `AsyncLocalStorage` for as long as the process lives.
 */
export const inNoContext: <R>(make: () => R) => R =
  AsyncLocalStorage.snapshot();
