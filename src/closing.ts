/**
 * Who waits for a descriptor is told when it is closed here, since the kernel
 * tells nobody.
 */
type Listener = (fd: number) => void;

let listener: Listener | undefined;

/**
 * Has `callback` told of every descriptor that is closed or given away; there is
 * one who wants to know, `posix-select/promises`.
 */
export function onClosing(callback: Listener): void {
  listener = callback;
}

/** To be called before a descriptor is closed or given away. */
export function announceClosing(fd: number): void {
  if (listener !== undefined) listener(fd);
}
