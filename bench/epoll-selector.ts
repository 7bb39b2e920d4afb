// What bench/epoll.c measures, done by EpollSelector.
import { EpollSelector, EVENT_READ } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";

const [registered = 0, ready = 0, calls = 0] = process.argv
  .slice(2)
  .map(Number);

if (EpollSelector === undefined) throw new Error("there is no epoll here");
const selector = new EpollSelector();
for (let i = 0; i < registered; i++) {
  const [reader, writer] = socketpair();
  selector.register(reader, EVENT_READ, writer);
  if (i < ready) writer.send("x");
}
// The first rounds are the compiler's.
for (let round = -3; round < 5; round++) {
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    if (selector.select(0).length !== ready) throw new Error("not all ready");
  }
  const ns = ((performance.now() - start) / calls) * 1e6;
  if (round >= 0) console.log(ns);
}
