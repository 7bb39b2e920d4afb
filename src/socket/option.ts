import { native } from "../native.ts";
import type { Handle } from "./handle.ts";

const value = new Int32Array(1);
const bytes = new Uint8Array(value.buffer);

/** Reads an option that C has as an int, see getsockopt(2). */
export function numberOption(
  handle: Handle,
  level: number,
  option: number,
): number {
  value[0] = 0;
  const result = native.getsockopt(handle.fd, level, option, bytes);
  handle.check(result, "getsockopt");
  return value[0];
}
