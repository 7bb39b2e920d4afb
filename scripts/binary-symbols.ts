/**
 * Reads what a linked 64-bit library gives and wants: Mach-O and ELF, of any
 * system, on any system. It knows just as much of them as cross-compile.ts asks.
 */

/** A library, as its own tables tell. */
export interface Library {
  readonly format: "Mach-O" | "ELF";
  /** `arm64`, `x64`, or the format's own number. */
  readonly cpu: string;
  /** What others can find in it, by C names. */
  readonly exports: ReadonlySet<string>;
  /** What it wants of others, by C names. */
  readonly imports: ReadonlySet<string>;
  /**
   * Those imports that the linker found in no library: the process that loads
   * it has to have them.
   */
  readonly unresolved: ReadonlySet<string>;
}

interface Symbol {
  readonly name: string;
  readonly isDefined: boolean;
  readonly isFound: boolean;
}

const cpus: Readonly<
  Record<Library["format"], Readonly<Record<number, string>>>
> = {
  "Mach-O": { 0x0100000c: "arm64", 0x01000007: "x64" },
  ELF: { 183: "arm64", 62: "x64" },
};

/** @throws {Error} It is neither, or of 32 bits, or big-endian. */
export function readLibrary(bytes: Buffer): Library {
  if (bytes.readUInt32LE(0) === 0xfeedfacf) {
    return library("Mach-O", bytes.readUInt32LE(4), machSymbols(bytes));
  }
  const isElf = bytes.toString("latin1", 0, 6) === "\x7fELF\x02\x01";
  if (!isElf) throw new Error("neither Mach-O nor ELF of 64 bits");
  return library("ELF", bytes.readUInt16LE(18), elfSymbols(bytes));
}

function library(
  format: Library["format"],
  cpu: number,
  symbols: readonly Symbol[],
): Library {
  const namesOf = (test: (symbol: Symbol) => boolean): Set<string> =>
    new Set(symbols.filter(test).map(({ name }) => name));
  return {
    format,
    cpu: cpus[format][cpu] ?? `0x${cpu.toString(16)}`,
    exports: namesOf(({ isDefined }) => isDefined),
    imports: namesOf(({ isDefined }) => !isDefined),
    unresolved: namesOf(({ isDefined, isFound }) => !isDefined && !isFound),
  };
}

function text(bytes: Buffer, offset: number): string {
  return bytes.toString("latin1", offset, bytes.indexOf(0, offset));
}

/** `<mach-o/loader.h>`, `<mach-o/nlist.h>` */
function machSymbols(bytes: Buffer): Symbol[] {
  const LC_SYMTAB = 2;
  const [N_STAB, N_TYPE, N_EXT, N_PEXT] = [0xe0, 0x0e, 0x01, 0x10];
  // 0 is the library itself, those above are the process, not a library.
  const MAX_LIBRARY_ORDINAL = 0xfd;
  const symbols: Symbol[] = [];
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    if (bytes.readUInt32LE(at) === LC_SYMTAB) {
      const table = bytes.readUInt32LE(at + 8);
      const count = bytes.readUInt32LE(at + 12);
      const names = bytes.readUInt32LE(at + 16);
      for (let entry = table; entry < table + count * 16; entry += 16) {
        const type = bytes.readUInt8(entry + 4);
        if ((type & (N_STAB | N_PEXT)) !== 0 || (type & N_EXT) === 0) continue;
        const ordinal = bytes.readUInt16LE(entry + 6) >> 8;
        symbols.push({
          // C names have an underscore in front.
          name: text(bytes, names + bytes.readUInt32LE(entry)).slice(1),
          isDefined: (type & N_TYPE) !== 0,
          isFound: ordinal > 0 && ordinal <= MAX_LIBRARY_ORDINAL,
        });
      }
    }
    at += bytes.readUInt32LE(at + 4);
  }
  return symbols;
}

/** `<elf.h>` */
function elfSymbols(bytes: Buffer): Symbol[] {
  const [SHT_DYNSYM, SHT_GNU_versym] = [11, 0x6fffffff];
  const table = Number(bytes.readBigUInt64LE(0x28));
  const size = bytes.readUInt16LE(0x3a);
  const sections = Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, i) => ({
    type: bytes.readUInt32LE(table + i * size + 4),
    offset: Number(bytes.readBigUInt64LE(table + i * size + 24)),
    bytes: Number(bytes.readBigUInt64LE(table + i * size + 32)),
    link: bytes.readUInt32LE(table + i * size + 40),
  }));
  const dynamic = sections.find(({ type }) => type === SHT_DYNSYM);
  const names = sections[dynamic?.link ?? -1];
  const versions = sections.find(({ type }) => type === SHT_GNU_versym);
  if (dynamic === undefined || names === undefined) return [];
  return Array.from({ length: dynamic.bytes / 24 }, (_, i) => {
    const entry = dynamic.offset + i * 24;
    const version = versions
      ? bytes.readUInt16LE(versions.offset + i * 2) & 0x7fff
      : 0;
    return {
      name: text(bytes, names.offset + bytes.readUInt32LE(entry)),
      isDefined: bytes.readUInt16LE(entry + 6) !== 0,
      // 0 and 1 are no version: the linker has met it in no library.
      isFound: version > 1,
    };
  }).slice(1);
}
