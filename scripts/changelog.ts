/**
 * The changelog as it was written, with what `changeset version` has added to
 * it: its entries come after the introduction, and without commits' numbers.
 */
export function mergeChangelog(before: string, after: string): string {
  const title = before.slice(0, before.indexOf("\n") + 1);
  const firstEntry = before.indexOf("\n## ");
  const old = before.slice(title.length, firstEntry + 1);
  const entries = before.slice(firstEntry + 1);
  const rest = old + entries;
  if (!after.startsWith(title) || !after.endsWith(rest)) {
    throw new Error("the changelog's old entries have changed");
  }
  const added = after
    .slice(title.length, after.length - rest.length)
    .replaceAll(/^- [0-9a-f]{7,40}: /gm, "- ")
    .replaceAll(/^#+ .*$/gm, "\n$&\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
  return added === "" ? before : `${title}${old}${added}\n\n${entries}`;
}

/** The lines of a changelog's entries, by their headings, the newest first. */
function entriesOf(changelog: string): [heading: string, text: string][] {
  const [, ...entries] = changelog.split(/^## /m);
  return entries.map((entry) => {
    const end = entry.indexOf("\n");
    return [entry.slice(0, end).trim(), entry.slice(end).trim()];
  });
}

/** Why no version can be made of what changesets tell; undefined if one can. */
export function obstacleToVersion(changelog: string): string | undefined {
  const heading = entriesOf(changelog)[0]?.[0] ?? "";
  if (/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(heading)) return undefined;
  return `"## ${heading}" of the changelog is not released: until its heading is the bare number, what changes is written there by hand`;
}

/** Whether a version is to be published: a heading is its number alone. */
export function isDue(changelog: string, version: string): boolean {
  return entriesOf(changelog).some(([heading]) => heading === version);
}

/** What the changelog says of a version. */
export function notesOf(changelog: string, version: string): string {
  const found = entriesOf(changelog).find(([heading]) => heading === version);
  return `${found?.[1] ?? ""}\n`;
}
