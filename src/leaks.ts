import { exchange, type Identity, readIdentity } from "./exchange.ts";
import { native } from "./native.ts";
import { ioChannel, tellIo } from "./observe.ts";

/** A descriptor that is to be closed with its owner. */
export interface Owned {
  readonly fd: number;
  /**
   * Which file it is. Undefined where that can't be told: all of epoll's
   * descriptors are one file, and kqueue's have no number of their own.
   */
  readonly identity: Identity | undefined;
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
  if (identity === undefined) {
    const warning = `unclosed ${description}, which stays open`;
    process.emitWarning(warning, "ResourceWarning");
    return;
  }
  const { device, inode } = readIdentity();
  if (device !== identity.device || inode !== identity.inode) return;
  const result = native.close(fd);
  if (ioChannel.hasSubscribers) tellIo("close", fd, result);
  process.emitWarning(`unclosed ${description}`, "ResourceWarning");
});

/** What an owner owns, as long as it does. */
const ownedBy = new WeakMap<object, Owned>();

/** Has a descriptor closed should its owner be forgotten. */
export function watchForLeak(owner: object, owned: Owned): void {
  owners.set(owned.fd, owned);
  ownedBy.set(owner, owned);
  leaks.register(owner, owned, owner);
}

/** The owner has closed its descriptor, or has given it away. */
export function unwatchForLeak(owner: object): void {
  const owned = ownedBy.get(owner);
  if (owned === undefined) return;
  ownedBy.delete(owner);
  leaks.unregister(owner);
  if (owners.get(owned.fd) === owned) owners.delete(owned.fd);
}

/** Which file a descriptor stands for. */
export function identityOf(fd: number): Identity {
  native.identify(fd, exchange);
  return readIdentity();
}
