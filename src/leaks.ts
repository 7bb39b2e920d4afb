import { exchange, type Identity, readIdentity } from "./exchange.ts";
import { native } from "./native.ts";

/** A descriptor that is to be closed with its owner. */
export interface Owned {
  readonly fd: number;
  readonly identity: Identity;
  /** How the warning names the owner. */
  readonly description: string;
}

/** Who owns a number now: one that was closed unasked may be used again. */
const owners = new Map<number, Owned>();

/**
 * Closes the descriptors whose owners were collected unclosed, and says so.
 *
 * The number may have been closed behind the owner's back and used again: it is
 * closed only if it is still the same file, and nobody else's here. In a program
 * that never gives Node's loop a turn none is ever found out.
 */
const leaks = new FinalizationRegistry<Owned>((owned) => {
  const { fd, identity, description } = owned;
  if (owners.get(fd) !== owned) return;
  owners.delete(fd);
  if (native.identify(fd, exchange) !== 0) return;
  const { device, inode } = readIdentity();
  if (device !== identity.device || inode !== identity.inode) return;
  native.close(fd);
  process.emitWarning(`unclosed ${description}`, "ResourceWarning");
});

/** Has a descriptor closed should its owner be forgotten. */
export function watchForLeak(owner: object, owned: Owned): void {
  owners.set(owned.fd, owned);
  leaks.register(owner, owned, owner);
}

/** The owner has closed its descriptor, or has given it away. */
export function unwatchForLeak(owner: object, fd: number): void {
  if (leaks.unregister(owner)) owners.delete(fd);
}

/** Which file a descriptor stands for. */
export function identityOf(fd: number): Identity {
  native.identify(fd, exchange);
  return readIdentity();
}
