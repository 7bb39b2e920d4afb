/**
 * inotify: what happens in a folder, word for word
 *
 * Shows:              a descriptor for which neither Node nor this package has a
 *                     call: python3 makes one with ctypes, passes it through a Unix
 *                     socket (SCM_RIGHTS), and ends. The rest is reading it.
 * Run:                node --import tsx examples/fds/inotify.ts
 * Observe:            each change with its name, and a rename with both.
 *                     (fs.watch() would say "rename" and "change", and no more.)
 *                       CLOSE_WRITE: draft.txt
 *                       MOVED_FROM: draft.txt
 *                       MOVED_TO: letter.txt
 *                       DELETE: letter.txt
 *
 * Linux only.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { readable } from "posix-select/promises";
import { socketpair } from "posix-select/socket";

/** Of <sys/inotify.h>. */
const names: Record<number, string> = {
  0x8: "CLOSE_WRITE",
  0x40: "MOVED_FROM",
  0x80: "MOVED_TO",
  0x200: "DELETE",
};

const program = `
import ctypes, os, socket, sys
libc = ctypes.CDLL(None)
fd = libc.inotify_init()
libc.inotify_add_watch(fd, os.fsencode(sys.argv[1]), 0x8 | 0x40 | 0x80 | 0x200)
socket.send_fds(socket.socket(fileno=0), [b"inotify"], [fd])
`;

process.once("SIGINT", () => process.exit(130));
const folder = fs.mkdtempSync(`${tmpdir()}/inotify-`);
process.on("exit", () => {
  fs.rmSync(folder, { recursive: true });
});

const [ours, theirs] = socketpair();
spawn("python3", ["-c", program, folder], {
  stdio: [theirs.fileno(), "ignore", "ignore"],
}).once("error", () => undefined); // it is not there, and so nothing comes
theirs.close(); // python3 has its own
await readable(ours);
const [inotify] = ours.recvmsg(100, { maxFds: 1 }).fds;
ours.close();
if (inotify === undefined) {
  console.error("This needs Linux, and python3 (3.9 or newer) with ctypes.");
  process.exit(1);
}

const [draft, letter] = [`${folder}/draft.txt`, `${folder}/letter.txt`];
fs.writeFileSync(draft, "Dear reader,");

const bytes = Buffer.alloc(4096);
for (let what = ""; what !== "DELETE";) {
  await readable(inotify); // everything else in Node goes on
  const length = fs.readSync(inotify, bytes);
  for (let at = 0, event = 0, size = 0; at < length; at += 16 + size) {
    // Four words (which watch, what, a rename's number, how long) and a name.
    [, event = 0, , size = 0] = new Uint32Array(bytes.buffer, at);
    const name = bytes.toString("utf8", at + 16, at + 16 + size);
    what = names[event] ?? "?";
    console.log(`${what}: ${name.replaceAll("\0", "")}`);
  }
  if (what === "CLOSE_WRITE") fs.renameSync(draft, letter);
  if (what === "MOVED_TO") fs.rmSync(letter);
}
