/** The types of `posix-select/promises`: checked by tsc, never run. */
import {
  accept,
  connect,
  readable,
  recv,
  recvInto,
  select,
  sendAll,
  type SignalOptions,
  type TransferOptions,
  type WaitOptions,
  writable,
} from "posix-select/promises";
import * as all from "posix-select";
import type { FileDescriptorLike, Timeout } from "posix-select/select";
import type { Address, Socket, SocketData } from "posix-select/socket";
import { expectTypeOf } from "vitest";

declare const fd: number;
declare const socket: Socket;
declare const signal: AbortSignal;

expectTypeOf(
  select([socket], [fd], [], 100, { signal }),
).resolves.toEqualTypeOf<[Socket[], number[], never[]]>();
expectTypeOf(readable).toEqualTypeOf<
  (fd: FileDescriptorLike, options?: WaitOptions) => Promise<void>
>();
expectTypeOf(writable).toEqualTypeOf<typeof readable>();
expectTypeOf(accept).toEqualTypeOf<
  (socket: Socket, options?: WaitOptions) => Promise<[Socket, Address]>
>();
expectTypeOf(connect).toEqualTypeOf<
  (socket: Socket, address: Address, options?: WaitOptions) => Promise<void>
>();
expectTypeOf(recv).toEqualTypeOf<
  (
    socket: Socket,
    maxBytes: number,
    options?: TransferOptions,
  ) => Promise<Buffer>
>();
expectTypeOf(recvInto).toEqualTypeOf<
  (
    socket: Socket,
    buffer: ArrayBufferView,
    options?: TransferOptions,
  ) => Promise<number>
>();
expectTypeOf(sendAll).toEqualTypeOf<
  (socket: Socket, data: SocketData, options?: TransferOptions) => Promise<void>
>();

expectTypeOf<WaitOptions>().toExtend<SignalOptions>();
expectTypeOf<TransferOptions>().toExtend<WaitOptions>();
expectTypeOf<WaitOptions["timeoutMs"]>().toEqualTypeOf<Timeout>();
expectTypeOf<SignalOptions["signal"]>().toEqualTypeOf<
  AbortSignal | undefined
>();

// They are one name in the whole package.
expectTypeOf(all.promises.recv).toEqualTypeOf<typeof recv>();
expectTypeOf(all.select).not.toEqualTypeOf<typeof select>();

export const mistakes = [
  // @ts-expect-error -- a number can be waited for, not received from
  recv(0, 4096),
  // @ts-expect-error -- how much has to be said
  recv(socket),
  // @ts-expect-error -- text can't be received into
  recvInto(socket, "text"),
  // @ts-expect-error -- an array of numbers is no data
  sendAll(socket, [1, 2, 3]),
  // @ts-expect-error -- no such option
  readable(0, { timeout: 100 }),
  // @ts-expect-error -- a controller is not its signal
  readable(0, { signal: new AbortController() }),
  // @ts-expect-error -- select() has its time-out in its place
  select([0], [], [], { timeoutMs: 100 }),
  // @ts-expect-error -- flags are for what receives or sends
  accept(socket, { flags: 1 }),
];
