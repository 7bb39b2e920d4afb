/** The types of `posix-select/selectors`: checked by tsc, never run. */
import type { FileDescriptorLike } from "posix-select/select";
import type { SelectSelector } from "posix-select/selectors";
import {
  BaseSelector,
  DefaultSelector,
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  KqueueSelector,
  PollSelector,
  type Ready,
  type SelectorKey,
  type SelectorMap,
} from "posix-select/selectors";
import type { Socket } from "posix-select/socket";
import { expectTypeOf } from "vitest";

type Callback = (socket: Socket) => void;

declare const socket: Socket;
declare const callback: Callback;

// Without types: any descriptor, and data that one has to look at.
const any = new DefaultSelector();
expectTypeOf(any).toExtend<BaseSelector>();
const anyKey = any.register(0, EVENT_READ);
expectTypeOf(anyKey).toEqualTypeOf<SelectorKey>();
expectTypeOf(anyKey.fileobj).toEqualTypeOf<FileDescriptorLike>();
expectTypeOf(any.register(socket, EVENT_READ, callback).data).toBeUnknown();

// With types: what went in comes out.
const selector = new DefaultSelector<Callback, Socket>();
expectTypeOf(selector).toEqualTypeOf<DefaultSelector<Callback, Socket>>();
const key = selector.register(socket, EVENT_READ | EVENT_WRITE, callback);
expectTypeOf(key).toEqualTypeOf<SelectorKey<Callback, Socket>>();
expectTypeOf(key.fileobj).toEqualTypeOf<Socket>();
expectTypeOf(key.data).toEqualTypeOf<Callback>();
expectTypeOf(key.fd).toBeNumber();
expectTypeOf(key.events).toBeNumber();
expectTypeOf(selector.select(100)).toEqualTypeOf<Ready<Callback, Socket>[]>();
expectTypeOf<Ready<Callback, Socket>>().toEqualTypeOf<
  readonly [key: SelectorKey<Callback, Socket>, events: number]
>();
expectTypeOf(selector.unregister(0)).toEqualTypeOf<typeof key>();
expectTypeOf(selector.getKey(socket)).toEqualTypeOf<typeof key>();
expectTypeOf(selector.getMap()).toEqualTypeOf<SelectorMap<Callback, Socket>>();
expectTypeOf(selector.getMap().get(socket)).toEqualTypeOf<
  SelectorKey<Callback, Socket> | undefined
>();
expectTypeOf([...selector.getMap()]).toEqualTypeOf<
  [number, SelectorKey<Callback, Socket>][]
>();
expectTypeOf(selector.wakeupHandle()).toBeNumber();
expectTypeOf(selector.unref().ref()).toEqualTypeOf<typeof selector>();
expectTypeOf(selector).toExtend<Disposable>();
expectTypeOf(selector.selectAsync(null, {})).resolves.toEqualTypeOf<
  Ready<Callback, Socket>[]
>();
expectTypeOf(selector).toExtend<AsyncIterable<Ready<Callback, Socket>[]>>();

// @ts-expect-error -- a number is no Socket
selector.register(0, EVENT_READ, callback);
// @ts-expect-error -- data that has to be there
selector.register(socket, EVENT_READ);
// @ts-expect-error -- data that has to be there
selector.modify(socket, EVENT_WRITE);
// @ts-expect-error -- other data
selector.register(socket, EVENT_READ, "name");
// @ts-expect-error -- what it is watched for has to be said
any.register(0);
// @ts-expect-error -- a key is replaced, not changed
key.events = EVENT_READ;
expectTypeOf(selector.getMap()).not.toHaveProperty("set");
// @ts-expect-error -- text is no descriptor
export type Bad = SelectorKey<unknown, string>;

declare const ready: Ready<Callback, Socket>;
// @ts-expect-error -- a pair can't be changed
ready[1] = EVENT_READ;

// Data that may be undefined may be left out.
const optional = new PollSelector<string | undefined, number>();
expectTypeOf(optional.register(0, EVENT_READ).data).toEqualTypeOf<
  string | undefined
>();
optional.modify(0, EVENT_WRITE, "name");
optional.modify(0, EVENT_WRITE);

// All selectors are one kind of thing, where the system has them.
expectTypeOf<PollSelector<string>>().toExtend<BaseSelector<string>>();
expectTypeOf<SelectSelector<string>>().toExtend<BaseSelector<string>>();
expectTypeOf<EpollSelector<string>>().toExtend<BaseSelector<string>>();
expectTypeOf<KqueueSelector<string>>().toExtend<BaseSelector<string>>();
expectTypeOf<undefined>().toExtend<typeof EpollSelector>();
expectTypeOf<undefined>().toExtend<typeof KqueueSelector>();
expectTypeOf<undefined>().not.toExtend<typeof DefaultSelector>();
// @ts-expect-error -- it may be undefined
new EpollSelector();
// @ts-expect-error -- it may be undefined
new KqueueSelector();
// @ts-expect-error -- the contract alone is no selector
new BaseSelector();

if (EpollSelector !== undefined) {
  const edges = new EpollSelector<string, Socket>();
  expectTypeOf(edges).toEqualTypeOf<EpollSelector<string, Socket>>();
  edges.register(socket, EVENT_READ, "name", { edgeTriggered: true });
  expectTypeOf(edges.fileno()).toBeNumber();
  // @ts-expect-error -- no such option
  edges.register(socket, EVENT_READ, "name", { edge: true });
  // @ts-expect-error -- the options come after the data
  edges.register(socket, EVENT_READ, { edgeTriggered: true });
}
// @ts-expect-error -- only epoll(7) has options
selector.register(socket, EVENT_READ, callback, { oneShot: true });

/** One's own needs three methods, over numbers. */
export class OwnSelector<Data> extends BaseSelector<Data, number> {
  protected override add(fd: number, events: number): void {
    expectTypeOf([fd, events]).toEqualTypeOf<number[]>();
  }
  protected override remove(fd: number, events: number): void {
    expectTypeOf([fd, events]).toEqualTypeOf<number[]>();
  }
  protected override wait(
    timeoutMs: number,
    report: (fd: number, events: number) => void,
  ): void {
    expectTypeOf(report).returns.toBeVoid();
    expectTypeOf(timeoutMs).toBeNumber();
  }
}

// @ts-expect-error -- `remove()` and `wait()` are missing
export class HalfSelector extends BaseSelector {
  protected override add(): void {
    throw new Error("never run");
  }
}
