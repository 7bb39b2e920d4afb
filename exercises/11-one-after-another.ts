/**
 * Exercise 11 - One after another
 *
 * Lesson:     11-async-await
 * It should:  Load several pages at once, and print them in the order in
 *             which they were asked for.
 * Now:        it works, but no page is asked for before the one before has
 *             come.
 * Run:        node --import tsx exercises/11-one-after-another.ts [site page ...]
 * Mend:       the place marked TODO, then: npm run exercise
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";

/** A site that takes half a second for each page. */
async function slowSite(): Promise<string> {
  const site = createServer((request, response) => {
    setTimeout(() => response.end(`This is ${request.url}`), 500);
  });
  site.listen(0, "127.0.0.1").unref();
  await once(site, "listening");
  const { port } = site.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

const [site = await slowSite(), ...names] = process.argv.slice(2);

async function load(name: string): Promise<string> {
  const response = await fetch(`${site}/${name}`);
  return await response.text();
}

async function loadAll(names: readonly string[]): Promise<string[]> {
  const pages: string[] = [];
  // TODO: each await waits until its page is there. Must the next one wait, too?
  for (const name of names) pages.push(await load(name));
  return pages;
}

const start = performance.now();
const wanted = names.length > 0 ? names : ["one", "two", "three", "four"];
for (const page of await loadAll(wanted)) console.log(page);
console.error(`${Math.round(performance.now() - start)} ms`);
