/** A program of many turns, and then a pause and one turn more. */
import "posix-select/scope";
import { select } from "posix-select/select";
import { socketpair } from "posix-select/socket";

const [near, far] = socketpair();
const turns = Number(process.argv[2]);
for (let i = 0; i < turns; i++) {
  far.send("x");
  const [ready] = select([near], [], []);
  for (const socket of ready) socket.recv(10);
}
// A second later there is room to tell what was left out.
select([], [], [], 1100);
near.close();
far.close();
