/** The page's own files, and the report that is made of them. */
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

// The page is served as it is written: the package has its sources, whether this
// file is run from them or from what was built of them.
const folder = new URL("../../src/scope/page/", import.meta.url);

const types: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".svg", "image/svg+xml"],
]);

/** A file of the page's. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** All of them, by name. */
export function pageFiles(): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const type = types.get(extname(name));
    if (type === undefined) continue;
    files.set(name, { type, content: readFileSync(new URL(name, folder)) });
  }
  return files;
}

const policy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/**
 * The page as one file, in two parts: what stands before the list of events, and
 * what stands after it.
 */
export function reportAround(files: ReadonlyMap<string, PageFile>): {
  readonly prefix: string;
  readonly suffix: string;
} {
  const text = (name: string): string =>
    files.get(name)?.content.toString("utf8") ?? "";
  const scripts: string[] = [];
  const page = text("index.html")
    .replaceAll(
      /<link[^>]*\brel="stylesheet"[^>]*\bhref="([^"]+)"[^>]*>/g,
      (_, name: string) => `<style>${text(name)}</style>`,
    )
    .replaceAll(
      /<script[^>]*\bsrc="([^"]+)"[^>]*><\/script>/g,
      (_, name: string) => {
        scripts.push(text(name));
        return "";
      },
    )
    .replace(
      /<head>/,
      () =>
        `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`,
    );
  const end = page.lastIndexOf("</body>");
  const list = '<script type="application/json" id="recorded">[\n';
  const code = scripts.map((script) => `<script>${script}</script>`).join("\n");
  return {
    prefix: page.slice(0, end) + list,
    suffix: `\n]</script>\n${code}\n${page.slice(end)}`,
  };
}

/** JSON that may stand in a page's script. */
export function inPage(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
