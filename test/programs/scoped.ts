/** A program of few turns, with the scope loaded before everything else. */
import "posix-select/scope";
import { recv, sendAll } from "posix-select/promises";
import { EVENT_READ, PollSelector } from "posix-select/selectors";
import { socketpair } from "posix-select/socket";

const [near, far] = socketpair();
const selector = new PollSelector();
selector.register(near, EVENT_READ);
for (let i = 0; i < 3; i++) {
  far.send("x");
  for (const [{ fileobj }] of selector.select()) {
    if (fileobj === near) near.recv(10);
  }
}
const received = recv(near, 10);
await sendAll(far, "y");
await received;
selector.close();
near.close();
far.close();
console.log("done");
