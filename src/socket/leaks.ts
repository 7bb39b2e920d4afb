import { exchange, type Identity, readIdentity } from "../exchange.ts";
import { native } from "../native.ts";

interface Opened {
  readonly fd: number;
  readonly identity: Identity;
  readonly description: string;
}

/**
 * Closes the sockets that were collected unclosed, and says so.
 *
 * The number may have been closed behind the socket's back and used again: it
 * is closed only if it is still the same file. In a program that never gives
 * Node's loop a turn no socket is ever found out here.
 */
const leaks = new FinalizationRegistry<Opened>(
  ({ fd, identity, description }) => {
    if (native.identify(fd, exchange) !== 0) return;
    const { device, inode } = readIdentity();
    if (device !== identity.device || inode !== identity.inode) return;
    native.close(fd);
    process.emitWarning(`unclosed ${description}`, "ResourceWarning");
  },
);

/** Has `socket`'s descriptor closed should nobody do so. */
export function watchForLeak(socket: object, opened: Opened): void {
  leaks.register(socket, opened, socket);
}

/** `socket` has been closed, or has given its descriptor away. */
export function unwatchForLeak(socket: object): void {
  leaks.unregister(socket);
}
