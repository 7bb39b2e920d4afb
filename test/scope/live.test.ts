/** A lesson, a browser, and clients: as a learner has it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hasBrowser,
  startBrowser,
  type StartedBrowser,
} from "../helpers/browser.ts";
import { Client } from "../lessons/clients.ts";
import { Watched } from "./watched.ts";

describe.skipIf(!hasBrowser)("a lesson in a browser", () => {
  let browser: StartedBrowser;
  let folder: string;

  beforeAll(async () => {
    browser = await startBrowser();
    folder = mkdtempSync(join(tmpdir(), "posix-select-live-"));
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function open(url: string): Promise<{
    page: Page;
    strangers: string[];
    complaints: string[];
  }> {
    const page = await browser.context.newPage();
    const strangers: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !asked.startsWith("data:")) {
        strangers.push(asked);
      }
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(url);
    return { page, strangers, complaints };
  }

  async function until(page: Page, at: string, text: RegExp): Promise<void> {
    const found = page.locator(at).filter({ hasText: text }).first();
    await found.waitFor({ timeout: 30_000 });
  }

  /** Until the program has been told. */
  async function press(page: Page, name: RegExp): Promise<void> {
    const told = page.waitForResponse(/\/control$/);
    await page.getByRole("button", { name }).click();
    expect((await told).status()).toBe(204);
  }

  test("one sees who is there, holds the loop, steps, and lets it go", async () => {
    await using lesson = await Watched.start("3");
    const { page, strangers, complaints } = await open(lesson.url);
    await until(page, "#sentence", /^Asleep in select on 1 descriptor/);
    await until(page, "#watched-body li", /listener 127\.0\.0\.1:\d+/);

    using first = await Client.connect(lesson.port);
    expect(await first.ask()).toBe("Hello world\n");
    using second = await Client.connect(lesson.port);
    expect(await second.ask("one two\n")).toBe("Hello world\n");
    await until(page, "#sentence", /^Asleep in select on 3 descriptors/);
    await until(page, "#turns tr", /recv 8 B .*one two.*send 12 B/);

    await press(page, /^Pause/);
    first.say("held\n");
    // What has woken it is done; it stands before the wait after that.
    expect(await first.reply()).toBe("Hello world\n");
    await lesson.until("pause");
    await until(page, "#status, body", /paused/i);
    first.say("later\n");
    await press(page, /^Step$/);
    expect(await first.reply()).toBe("Hello world\n");
    await until(page, "#turns tr", /recv 6 B .*later/);
    second.say("at last\n");
    expect(second.unread).toBe("");
    await press(page, /^Resume/);
    expect(await second.reply()).toBe("Hello world\n");
    await until(page, "#sentence", /^Asleep in select on 3 descriptors/);

    lesson.program.process.kill("SIGINT");
    await lesson.program.ended;
    await until(page, "body", /has ended/);
    expect(strangers).toEqual([]);
    // That nobody answers any more is what the browser says of the end.
    const own = complaints.filter((text) => !/ERR_|Failed to load/.test(text));
    expect(own).toEqual([]);
    await page.close();
  });

  test("a thousand clients are a thousand lanes", async () => {
    await using lesson = await Watched.start("6");
    const { page, strangers } = await open(lesson.url);
    const clients: Client[] = [];
    try {
      for (let i = 0; i < 1000; i++) {
        clients.push(await Client.connect(lesson.port));
      }
      await Promise.all(clients.map((client) => client.ask()));
      await until(page, "#sentence", /on 1,001 descriptors/);
      await until(page, "#counters", /connections\s*1,000|1,000\s*connections/);
    } finally {
      for (const client of clients) client.destroy();
    }
    await until(page, "#sentence", /on 1 descriptor\b/);
    expect(strangers).toEqual([]);
    await page.close();
  });

  test("the report opens from disk, alone", async () => {
    const report = join(folder, "report.html");
    await using lesson = await Watched.start("8", "--report", report);
    using client = await Client.connect(lesson.port);
    await client.ask("for the report\n");
    await lesson.until("io", ({ operation }) => operation === "send");
    lesson.program.process.kill("SIGINT");
    await lesson.program.ended;
    const { page, strangers, complaints } = await open(
      pathToFileURL(report).href,
    );
    await until(page, "#turns tr", /for the report/);
    await until(page, "body", /function\* sendMessages/);
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
