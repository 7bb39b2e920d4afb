/**
 * A pty: a terminal that another process made
 *
 * Shows:              a descriptor that comes from elsewhere. python3 opens a pseudo
 *                     terminal, keeps the end of the program in it, and passes the
 *                     end of the keyboard and the screen through a Unix socket
 *                     (SCM_RIGHTS). We type into that, and read what is on the screen.
 * Run:                node --import tsx examples/fds/pty.ts
 * Observe:            what we type comes back: the terminal echoes it. It also does
 *                     what a backspace asks for, before python3 reads the line. When
 *                     python3 has ended, so has the terminal (EIO).
 *                       On the screen: "hello"
 *                       On the screen: "python3 has read: hello"
 *                       On the screen: "byr\b \be"
 *                       On the screen: "python3 has read: bye"
 *                       The terminal has ended
 *
 * A terminal's descriptor may be anybody's: of a container, of a login elsewhere. All
 * that counts here is that it can be read when it is readable.
 */
import { spawn } from "node:child_process";
import { readSync, writeSync } from "node:fs";
import { readable } from "posix-select/promises";
import { socketpair } from "posix-select/socket";

const program = `
import os, socket
screen, terminal = os.openpty()
socket.send_fds(socket.socket(fileno=0), [b"a pty"], [screen])
os.close(screen) # the other process has it
line = b""
while line != b"bye":
    line = os.read(terminal, 100).strip()
    os.write(terminal, b"python3 has read: " + line + b"\\n")
`;

const [ours, theirs] = socketpair();
spawn("python3", ["-c", program], {
  stdio: [theirs.fileno(), "ignore", "ignore"],
}).once("error", () => undefined); // it is not there, and so nothing comes
theirs.close(); // python3 has its own
await readable(ours);
const [pty] = ours.recvmsg(100, { maxFds: 1 }).fds;
ours.close();
if (pty === undefined) {
  console.error("This needs python3 (3.9 or newer).");
  process.exit(1);
}

const buffer = Buffer.alloc(4096);
let text = "";

/** The next line on the screen, undefined when there will be none. */
async function line(fd: number): Promise<string | undefined> {
  while (!text.includes("\r\n")) {
    await readable(fd); // everything else in Node goes on
    try {
      text += buffer.toString("utf8", 0, readSync(fd, buffer));
    } catch {
      return undefined; // EIO: nobody has the other end any more
    }
  }
  const end = text.indexOf("\r\n");
  const first = text.slice(0, end);
  text = text.slice(end + 2);
  return first;
}

for (const keys of ["hello\n", "byr\x7fe\n"]) {
  writeSync(pty, keys);
  const [echo, answer] = [await line(pty), await line(pty)];
  console.log(`On the screen: ${JSON.stringify(echo)}`);
  console.log(`On the screen: ${JSON.stringify(answer)}`);
}
if ((await line(pty)) === undefined) console.log("The terminal has ended");
