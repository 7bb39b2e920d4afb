/** The types of `posix-select/socket`, `/fd` and `/inspect`: never run. */
import { eventfd, pipe, timerfd } from "posix-select/fd";
import type { GEN_SUSPENDED } from "posix-select/inspect";
import {
  type GeneratorLocation,
  type GeneratorState,
  getGeneratorLocation,
  getGeneratorState,
} from "posix-select/inspect";
import {
  type Address,
  type AddressInfo,
  createConnection,
  createServer,
  getaddrinfo,
  type InetAddress,
  type Message,
  Socket,
  socketpair,
  SOL_SOCKET,
  SO_ERROR,
  type UnixAddress,
} from "posix-select/socket";
import { expectTypeOf } from "vitest";

declare const socket: Socket;
declare const address: Address;

expectTypeOf(new Socket()).toEqualTypeOf<Socket>();
expectTypeOf(Socket.fromFd(0)).toEqualTypeOf<Socket>();
expectTypeOf(socket).toExtend<Disposable>();
expectTypeOf(socket.accept()).toEqualTypeOf<[Socket, Address]>();
expectTypeOf(socket.tryAccept()).toEqualTypeOf<[Socket, Address] | undefined>();
expectTypeOf(socket.recv(4096)).toEqualTypeOf<Buffer>();
expectTypeOf(socket.recvInto(new Uint8Array(8))).toEqualTypeOf<number>();
expectTypeOf(
  socket.tryRecvInto(new DataView(new ArrayBuffer(8))),
).toEqualTypeOf<number | undefined>();
expectTypeOf(socket.recvfrom(4096)).toEqualTypeOf<
  [Buffer, Address | undefined]
>();
expectTypeOf(socket.recvmsg(4096, { maxFds: 1 })).toEqualTypeOf<Message>();
expectTypeOf(socket.send("text")).toEqualTypeOf<number>();
expectTypeOf(socket.trySend("text")).toEqualTypeOf<number | undefined>();
expectTypeOf<Socket["sendAll"]>().returns.toBeVoid();
expectTypeOf(socket.sendmsg(["text", new Uint8Array(8)])).toBeNumber();
expectTypeOf(socket.getTimeout()).toEqualTypeOf<number | undefined>();

// An option is a number, or as many bytes as are asked for.
expectTypeOf(socket.getsockopt(SOL_SOCKET, SO_ERROR)).toEqualTypeOf<number>();
expectTypeOf(
  socket.getsockopt(SOL_SOCKET, SO_ERROR, 4),
).toEqualTypeOf<Buffer>();

// An address tells its kind.
if (address.path === undefined) {
  expectTypeOf(address).toEqualTypeOf<InetAddress>();
} else {
  expectTypeOf(address).toEqualTypeOf<UnixAddress>();
}

expectTypeOf(createServer({ port: 0 })).toEqualTypeOf<Socket>();
expectTypeOf(createServer({ path: "/tmp/socket" })).toEqualTypeOf<Socket>();
expectTypeOf(
  createConnection({ host: "localhost", port: 80, timeoutMs: null }),
).toEqualTypeOf<Socket>();
expectTypeOf(socketpair()).toEqualTypeOf<[Socket, Socket]>();
expectTypeOf(getaddrinfo(null, "http")).toEqualTypeOf<AddressInfo[]>();

// @ts-expect-error -- a port and a path
createServer({ port: 0, path: "/tmp/socket" });
// @ts-expect-error -- neither a port nor a path
createServer({});
// @ts-expect-error -- a client has to know the host
createConnection({ port: 80 });
// @ts-expect-error -- a Unix socket has no family to choose
createServer({ path: "/tmp/socket", dualStack: true });
// @ts-expect-error -- an address is an object
socket.bind("127.0.0.1", 80);
// @ts-expect-error -- half an address
socket.connect({ host: "127.0.0.1" });
// @ts-expect-error -- numbers are no data
socket.send(1);
// @ts-expect-error -- it is the kernel's
socket.family = 2;

expectTypeOf(pipe()).toEqualTypeOf<[read: number, write: number]>();
expectTypeOf(eventfd?.(1, 0)).toEqualTypeOf<number | undefined>();
expectTypeOf(timerfd?.({ initialMs: 1 })).toEqualTypeOf<number | undefined>();
// @ts-expect-error -- it may be undefined
eventfd();
// @ts-expect-error -- it may be undefined
timerfd({ initialMs: 1 });
// @ts-expect-error -- when it expires has to be said
timerfd?.();

declare const generator: Generator<string, number, undefined>;
declare const asyncGenerator: AsyncGenerator<string>;
expectTypeOf(getGeneratorState(generator)).toEqualTypeOf<GeneratorState>();
expectTypeOf<typeof GEN_SUSPENDED>().toExtend<GeneratorState>();
expectTypeOf(getGeneratorLocation(generator)).toEqualTypeOf<
  GeneratorLocation | undefined
>();
// @ts-expect-error -- an async generator also waits for promises
getGeneratorState(asyncGenerator);
