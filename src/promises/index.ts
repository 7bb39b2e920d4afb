/// <reference types="node" preserve="true" />
/**
 * Waiting for any descriptor without holding the thread: what `fs/promises` is
 * to `fs`, this is to `posix-select/select` and `posix-select/socket`.
 *
 * Each call tries first, and waits only where it would block. Whoever else wants
 * the thread gets it meanwhile: timers, servers, other waits. A pending wait keeps
 * the process alive, a finished one does not.
 *
 * One waiter for a descriptor and direction, across all calls: another one is a
 * `BusyError`. What is closed while it is waited for ends the wait with `EBADF`:
 * at once where a `Socket` or anything else of this package is closed, within a
 * second where somebody else closes a number, also if it was used again. No
 * call here sets O_NONBLOCK on a descriptor that was given.
 *
 * @see select(2), https://docs.python.org/3/library/asyncio-eventloop.html#working-with-socket-objects-directly
 * @module posix-select/promises
 */
export type { SignalOptions } from "../pending.ts";
export { accept, connect } from "./connection.ts";
export type { TransferOptions, WaitOptions } from "./options.ts";
export { readable, writable } from "./ready.ts";
export { recv, recvInto } from "./receive.ts";
export { select } from "./select.ts";
export { sendAll } from "./send.ts";
