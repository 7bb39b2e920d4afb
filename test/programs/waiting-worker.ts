/** A worker that waits in all ways, closes what it has made, and ends. */
import { recv } from "posix-select/promises";
import { DefaultSelector, EVENT_READ } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";

const [left, right] = socketpair();
const selector = new DefaultSelector();
selector.register(left, EVENT_READ);
await selector.selectAsync(1);
setTimeout(() => right.send("x"), 1);
await recv(left, 10);
selector.close();
left.close();
right.close();
