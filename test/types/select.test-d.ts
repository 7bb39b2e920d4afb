/** The types of `posix-select/select`: checked by tsc, never run. */
import type { POLLIN } from "posix-select/select";
import {
  Epoll,
  epoll,
  type FileDescriptorLike,
  type KEvent,
  kevent,
  Kqueue,
  kqueue,
  poll,
  type Poll,
  select,
  type Timeout,
} from "posix-select/select";
import type { Socket } from "posix-select/socket";
import { expectTypeOf } from "vitest";

declare const fd: number;
declare const socket: Socket;
declare const handle: { readonly fd: number };
declare const tasks: ReadonlyMap<Socket, string>;

// What comes back is what went in, list by list.
expectTypeOf(select([socket], [handle], [fd])).toEqualTypeOf<
  [Socket[], { readonly fd: number }[], number[]]
>();
expectTypeOf(select([socket, fd], [], [], 100)).toEqualTypeOf<
  [(Socket | number)[], never[], never[]]
>();
// Any iterables are lists.
expectTypeOf(
  select(
    new Set([socket]),
    tasks.keys(),
    (function* () {
      yield handle;
    })(),
  ),
).toEqualTypeOf<[Socket[], Socket[], { readonly fd: number }[]]>();

// Whatever has a descriptor.
expectTypeOf<number>().toExtend<FileDescriptorLike>();
expectTypeOf<Socket>().toExtend<FileDescriptorLike>();
expectTypeOf<{ fileno(): number }>().toExtend<FileDescriptorLike>();
expectTypeOf<{ fd: number }>().toExtend<FileDescriptorLike>();
expectTypeOf<typeof process.stdin>().toExtend<FileDescriptorLike>();
expectTypeOf<string>().not.toExtend<FileDescriptorLike>();
expectTypeOf<bigint>().not.toExtend<FileDescriptorLike>();
expectTypeOf<undefined>().not.toExtend<FileDescriptorLike>();
expectTypeOf<{ fileno: number }>().not.toExtend<FileDescriptorLike>();
expectTypeOf<{ fd: string }>().not.toExtend<FileDescriptorLike>();
expectTypeOf<{ fd?: number }>().not.toExtend<FileDescriptorLike>();

// @ts-expect-error -- a descriptor alone is no list
select(0, [], []);
// @ts-expect-error -- there are three lists
select([], []);
// @ts-expect-error -- text is no descriptor
select(["0"], [], []);
// @ts-expect-error -- a time-out is a number
select([], [], [], "100");
expectTypeOf(select([socket], [fd], [])).not.toEqualTypeOf<
  [number[], Socket[], never[]]
>();

expectTypeOf<Timeout>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<typeof POLLIN>().toEqualTypeOf<number>();

expectTypeOf(poll()).toEqualTypeOf<Poll>();
expectTypeOf(poll().poll(null)).toEqualTypeOf<
  [fd: number, revents: number][]
>();
expectTypeOf<Poll["register"]>().toEqualTypeOf<
  (fd: FileDescriptorLike, events?: number) => void
>();
// @ts-expect-error -- what it is watched for from now on has to be said
poll().modify(0);

// Not every system has them.
expectTypeOf<undefined>().toExtend<typeof epoll>();
expectTypeOf<undefined>().toExtend<typeof Epoll>();
expectTypeOf<undefined>().toExtend<typeof kqueue>();
expectTypeOf<undefined>().toExtend<typeof Kqueue>();
expectTypeOf<undefined>().toExtend<typeof kevent>();
// @ts-expect-error -- it may be undefined
epoll();
// @ts-expect-error -- it may be undefined
kqueue();
// @ts-expect-error -- it may be undefined
kevent(0);
// @ts-expect-error -- it may be undefined
Epoll.fromFd(3);

expectTypeOf(epoll?.()).toEqualTypeOf<Epoll | undefined>();
expectTypeOf(Epoll?.fromFd(socket)).toEqualTypeOf<Epoll | undefined>();
expectTypeOf(epoll?.().poll(100, 1)).toEqualTypeOf<
  [fd: number, events: number][] | undefined
>();
expectTypeOf<Epoll>().toExtend<Disposable>();
expectTypeOf<Epoll>().toExtend<FileDescriptorLike>();

expectTypeOf(kqueue?.()).toEqualTypeOf<Kqueue | undefined>();
expectTypeOf(Kqueue?.fromFd(3)).toEqualTypeOf<Kqueue | undefined>();
expectTypeOf(kevent?.(socket)).toEqualTypeOf<KEvent | undefined>();
expectTypeOf(kqueue?.().control(null, 1, 0)).toEqualTypeOf<
  KEvent[] | undefined
>();
expectTypeOf<Kqueue>().toExtend<Disposable>();
expectTypeOf<Kqueue>().toExtend<FileDescriptorLike>();

declare const event: KEvent;
// @ts-expect-error -- an event is not changed
event.flags = 1;
