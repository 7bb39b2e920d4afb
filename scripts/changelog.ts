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
