import { native } from "../native.ts";

function namesOf(prefix: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, value] of Object.entries(native.constants)) {
    if (name.startsWith(prefix)) names.set(value, name);
  }
  return names;
}

const families = namesOf("AF_");
const types = namesOf("SOCK_");

/** `"AF_INET"`, for people; its number if it has no name. */
export function familyName(family: number): string {
  return families.get(family) ?? String(family);
}

/** `"SOCK_STREAM"`, likewise. */
export function typeName(type: number): string {
  return types.get(type) ?? String(type);
}
