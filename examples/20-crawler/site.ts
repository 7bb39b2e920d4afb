/**
 * The slow site of this lesson: five chapters of five pages, all linked with each
 * other. It has a process of its own, since the lesson's thread sleeps in its
 * selector, and ends with the lesson.
 */
import { createServer } from "node:http";

/** How long each answer takes, in milliseconds. */
const delayMs = 50;
const numbers = [1, 2, 3, 4, 5];

const pages = new Map<string, readonly string[]>([
  ["/", [...numbers.map((n) => `/chapter-${n}/`), "/old", "/#top"]],
  ["/index?sort=name&amp;page=2", ["/", "#top"]],
]);
for (const chapter of numbers) {
  const home = `/chapter-${chapter}/`;
  pages.set(home, [
    ...numbers.map((page) => `page-${page}`),
    `/chapter-${(chapter % 5) + 1}/`, // and so round and round
    "/",
  ]);
  for (const page of numbers) {
    pages.set(`${home}page-${page}`, [
      `page-${(page % 5) + 1}#notes`,
      "./",
      "..",
      ...(page === 3 ? ["/index?sort=name&amp;page=2"] : []),
      ...(page === 5 ? ["http://example.com/", "/missing"] : []),
    ]);
  }
}

const server = createServer(({ url = "" }, response) => {
  const links = pages.get(url.replaceAll("&", "&amp;"));
  setTimeout(() => {
    if (links !== undefined) {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      const list = links.map((link) => `<li><a href="${link}">${link}</a>`);
      response.end(`<!doctype html><title>${url}</title><ul>${list.join("")}`);
    } else if (url === "/old") {
      response.writeHead(301, { Location: "/chapter-1/" }).end();
    } else {
      response.writeHead(404, { "Content-Type": "text/html" });
      response.end("<!doctype html><title>Not found</title>");
    }
  }, delayMs);
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") return;
  process.send?.(`http://127.0.0.1:${address.port}/`);
});

process.once("disconnect", () => {
  process.exit(); // the lesson has ended, in whatever way
});
