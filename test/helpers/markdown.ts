import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A block between fences, with the invisible comment before it, if any. */
export interface Block {
  readonly file: string;
  /** Where its first line is, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly comment: string;
  readonly text: string;
}

export interface Link {
  readonly line: number;
  readonly target: string;
}

/** A text in Markdown, read as far as its tests need it. */
export class Markdown {
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** What `#...` may name. */
  readonly anchors: ReadonlySet<string>;

  /** @param file Seen from the project's folder. */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const blocks: Block[] = [];
    const links: Link[] = [];
    const anchors = new Set<string>();
    let comment = "";
    let open: { language: string; line: number; lines: string[] } | undefined;
    for (const [index, line] of text.split("\n").entries()) {
      if (open !== undefined) {
        if (line !== "```") {
          open.lines.push(line);
          continue;
        }
        const { language, line: first, lines } = open;
        const body = lines.map((it) => `${it}\n`).join("");
        blocks.push({ file, line: first, language, comment, text: body });
        open = undefined;
        comment = "";
        continue;
      }
      const fence = /^```(\w*)$/.exec(line);
      if (fence) {
        open = { language: fence[1] ?? "", line: index + 2, lines: [] };
        continue;
      }
      const found = /^<!-- (.*) -->$/.exec(line)?.[1];
      if (found !== undefined) comment = found;
      else if (line.trim() !== "") comment = "";
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      if (heading !== undefined) anchors.add(anchorOf(heading, anchors));
      const words = line.replaceAll(/`[^`]*`/g, "");
      for (const [, target = ""] of words.matchAll(/\]\(([^)\s]+)\)/g)) {
        links.push({ line: index + 1, target });
      }
    }
    if (open !== undefined) throw new Error(`${file}: a fence is left open`);
    this.blocks = blocks;
    this.links = links;
    this.anchors = anchors;
  }

  static read(file: string): Markdown {
    return new Markdown(file, readFileSync(join(root, file), "utf8"));
  }

  /** The file that a relative link of this text is to, seen from the root. */
  resolve(path: string): string {
    return path === "" ? this.file : join(dirname(this.file), path);
  }
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const name = heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");
  for (let times = 0; ; times++) {
    const anchor = times === 0 ? name : `${name}-${times}`;
    if (!taken.has(anchor)) return anchor;
  }
}

/** The texts that are the project's own, seen from its folder. */
export function texts(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name));
  const top = readdirSync(root).filter((name) => name.endsWith(".md"));
  return [...top, ...["docs", "examples", "exercises"].flatMap(below)].sort();
}
