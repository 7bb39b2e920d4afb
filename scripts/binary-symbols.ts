/**
 * Reads what a linked 64-bit library gives and wants: Mach-O and ELF, of any
 * system, on any system. It knows just as much of them as addon-faults.ts asks.
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
  /** The libraries that are loaded with it. */
  readonly libraries: ReadonlySet<string>;
  /** The versions of names that it wants of them, as `GLIBC_2.17`. */
  readonly versions: ReadonlySet<string>;
  /** Whether there is a signature in it, as macOS wants one on arm64. */
  readonly isSigned: boolean;
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

/** What is read of a file, whatever its format. */
interface Tables {
  readonly symbols: readonly Symbol[];
  readonly libraries: readonly string[];
  readonly versions: readonly string[];
  readonly isSigned: boolean;
}

/** @throws {Error} It is neither, or of 32 bits, or big-endian. */
export function readLibrary(bytes: Buffer): Library {
  if (bytes.readUInt32LE(0) === 0xfeedfacf) {
    return library("Mach-O", bytes.readUInt32LE(4), machTables(bytes));
  }
  const isElf = bytes.toString("latin1", 0, 6) === "\x7fELF\x02\x01";
  if (!isElf) throw new Error("neither Mach-O nor ELF of 64 bits");
  return library("ELF", bytes.readUInt16LE(18), elfTables(bytes));
}

function library(
  format: Library["format"],
  cpu: number,
  { symbols, libraries, versions, isSigned }: Tables,
): Library {
  const namesOf = (test: (symbol: Symbol) => boolean): Set<string> =>
    new Set(symbols.filter(test).map(({ name }) => name));
  return {
    format,
    cpu: cpus[format][cpu] ?? `0x${cpu.toString(16)}`,
    exports: namesOf(({ isDefined }) => isDefined),
    imports: namesOf(({ isDefined }) => !isDefined),
    unresolved: namesOf(({ isDefined, isFound }) => !isDefined && !isFound),
    libraries: new Set(libraries),
    versions: new Set(versions),
    isSigned,
  };
}

function text(bytes: Buffer, offset: number): string {
  return bytes.toString("latin1", offset, bytes.indexOf(0, offset));
}

/** `<mach-o/loader.h>` */
function machTables(bytes: Buffer): Tables {
  const [LC_SYMTAB, LC_LOAD_DYLIB, LC_CODE_SIGNATURE] = [0x02, 0x0c, 0x1d];
  const symbols: Symbol[] = [];
  const libraries: string[] = [];
  let isSigned = false;
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    switch (bytes.readUInt32LE(at)) {
      case LC_SYMTAB:
        symbols.push(...machSymbols(bytes, at));
        break;
      case LC_LOAD_DYLIB:
        libraries.push(text(bytes, at + bytes.readUInt32LE(at + 8)));
        break;
      case LC_CODE_SIGNATURE:
        isSigned = true;
        break;
    }
    at += bytes.readUInt32LE(at + 4);
  }
  return { symbols, libraries, versions: [], isSigned };
}

/** `<mach-o/nlist.h>` */
function machSymbols(bytes: Buffer, command: number): Symbol[] {
  const [N_STAB, N_TYPE, N_EXT, N_PEXT] = [0xe0, 0x0e, 0x01, 0x10];
  // 0 is the library itself, those above are the process, not a library.
  const MAX_LIBRARY_ORDINAL = 0xfd;
  const symbols: Symbol[] = [];
  const table = bytes.readUInt32LE(command + 8);
  const count = bytes.readUInt32LE(command + 12);
  const names = bytes.readUInt32LE(command + 16);
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
  return symbols;
}

/** A part of an ELF file. */
interface Section {
  readonly type: number;
  readonly offset: number;
  readonly bytes: number;
  /** Which other section it goes with, if the type has it so. */
  readonly link: number;
  /** How many entries it has, if the type has it so. */
  readonly info: number;
}

/** `<elf.h>` */
function elfTables(bytes: Buffer): Tables {
  const [SHT_DYNAMIC, SHT_DYNSYM] = [6, 11];
  const [SHT_GNU_verneed, SHT_GNU_versym] = [0x6ffffffe, 0x6fffffff];
  const table = Number(bytes.readBigUInt64LE(0x28));
  const size = bytes.readUInt16LE(0x3a);
  const sections = Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, i) => ({
    type: bytes.readUInt32LE(table + i * size + 4),
    offset: Number(bytes.readBigUInt64LE(table + i * size + 24)),
    bytes: Number(bytes.readBigUInt64LE(table + i * size + 32)),
    link: bytes.readUInt32LE(table + i * size + 40),
    info: bytes.readUInt32LE(table + i * size + 44),
  }));
  const find = (wanted: number): Section | undefined =>
    sections.find(({ type }) => type === wanted);
  const names = (section: Section): number =>
    sections[section.link]?.offset ?? 0;
  const symbols = find(SHT_DYNSYM);
  const dynamic = find(SHT_DYNAMIC);
  const needed = find(SHT_GNU_verneed);
  return {
    symbols: symbols
      ? elfSymbols(bytes, symbols, names(symbols), find(SHT_GNU_versym))
      : [],
    libraries: dynamic ? elfLibraries(bytes, dynamic, names(dynamic)) : [],
    versions: needed ? elfVersions(bytes, needed, names(needed)) : [],
    isSigned: false,
  };
}

function elfSymbols(
  bytes: Buffer,
  section: Section,
  names: number,
  versions: Section | undefined,
): Symbol[] {
  return Array.from({ length: section.bytes / 24 }, (_, i) => {
    const entry = section.offset + i * 24;
    const version = versions
      ? bytes.readUInt16LE(versions.offset + i * 2) & 0x7fff
      : 0;
    return {
      name: text(bytes, names + bytes.readUInt32LE(entry)),
      isDefined: bytes.readUInt16LE(entry + 6) !== 0,
      // 0 and 1 are no version: the linker has met it in no library, or the
      // libraries have no versions, as musl has none.
      isFound: version > 1,
    };
  }).slice(1);
}

function elfLibraries(
  bytes: Buffer,
  section: Section,
  names: number,
): string[] {
  const DT_NEEDED = 1n;
  const found: string[] = [];
  const end = section.offset + section.bytes;
  for (let entry = section.offset; entry < end; entry += 16) {
    if (bytes.readBigUInt64LE(entry) !== DT_NEEDED) continue;
    found.push(text(bytes, names + Number(bytes.readBigUInt64LE(entry + 8))));
  }
  return found;
}

/** Each library has a list of its versions; both are linked by distances. */
function elfVersions(bytes: Buffer, section: Section, names: number): string[] {
  const found: string[] = [];
  let need = section.offset;
  for (let left = section.info; left > 0; left--) {
    let version = need + bytes.readUInt32LE(need + 8);
    for (let more = bytes.readUInt16LE(need + 2); more > 0; more--) {
      found.push(text(bytes, names + bytes.readUInt32LE(version + 8)));
      version += bytes.readUInt32LE(version + 12);
    }
    need += bytes.readUInt32LE(need + 12);
  }
  return found;
}
