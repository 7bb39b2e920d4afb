/** Connects to an abstract name, however long that takes. */
import { writeSync } from "node:fs";
import { AF_UNIX, Socket } from "posix-select/socket";

const path = `\0${process.argv[2] ?? ""}`;
using socket = new Socket(AF_UNIX);
socket.setTimeout(30_000);
// A first try shows that the queue is full.
using first = new Socket(AF_UNIX);
first.setBlocking(false);
writeSync(1, first.connectEx({ path }) < 0 ? "connecting\n" : "no queue\n");
socket.connect({ path });
writeSync(1, "connected\n");
