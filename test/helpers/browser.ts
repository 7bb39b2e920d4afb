/**
 * A real browser for the tests that need one: Debian's chromium. Where there is
 * none they are skipped, but not in CI.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "playwright-core";

const PLACES = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Its program; undefined: there is none. */
export const browserPath = PLACES.find(
  (place) => place !== "" && existsSync(place),
);

if (browserPath === undefined) {
  const text = "no chromium here: install it, or set CHROMIUM to its path";
  if (process.env["CI"] !== undefined) throw new Error(text);
  console.warn(`Skipped: ${text}`);
}

/** For `describe.skipIf`. */
export const hasBrowser = browserPath !== undefined;

export interface StartedBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** Starts one, with a profile of its own that goes with it. */
export async function startBrowser(): Promise<StartedBrowser> {
  if (browserPath === undefined) throw new Error("no chromium");
  const profile = mkdtempSync(join(tmpdir(), "posix-select-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath,
    headless: true,
    viewport: { width: 1440, height: 900 },
    // What else it would do by itself is to ask hosts that no test needs.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--enable-precise-memory-info",
    ],
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
