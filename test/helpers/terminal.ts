import { Command } from "../lessons/lessons.ts";

/**
 * Runs its arguments in a terminal of their own, whose output it prints. Its
 * orders: "type CODE..." and "resize ROWS COLUMNS". When its orders end, so does
 * the terminal; it says last how the program ended.
 */
const script = `
import fcntl, os, pty, select, struct, sys, termios

child, master = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
orders = b""
while True:
    ready, _, _ = select.select([0, master], [], [])
    if master in ready:
        try:
            output = os.read(master, 65536)
        except OSError:
            output = b""
        if not output:
            break
        os.write(1, output)
    if 0 in ready:
        more = os.read(0, 65536)
        if not more:
            break
        *whole, orders = (orders + more).split(b"\\n")
        for order, *numbers in map(bytes.split, whole):
            if order == b"type":
                os.write(master, bytes(map(int, numbers)))
            else:
                size = struct.pack("HHHH", *map(int, numbers), 0, 0)
                fcntl.ioctl(master, termios.TIOCSWINSZ, size)
                os.write(1, b"resized\\n")
os.close(master)
_, status = os.waitpid(child, 0)
if os.WIFSIGNALED(status):
    print("ended by signal", os.WTERMSIG(status))
else:
    print("ended with code", os.WEXITSTATUS(status))
`;

/** A program in a terminal of its own (python3 has one to give). */
export class Terminal extends Command {
  constructor(...command: readonly string[]) {
    super("python3", ["-c", script, ...command]);
  }

  /** As on the keyboard. */
  press(keys: string): void {
    this.type(`type ${[...Buffer.from(keys)].join(" ")}\n`);
  }

  /** As by the mouse at its corner. */
  resize(rows: number, columns: number): void {
    this.type(`resize ${rows} ${columns}\n`);
  }
}
