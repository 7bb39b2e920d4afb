/** What they say where something is missing. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { Cleanup } from "../helpers/cleanup.ts";
import { root } from "../lessons/lessons.ts";
import { Example, needsLinux, needsPython, preload } from "./support.ts";

async function expectRefusal(example: Example, message: RegExp) {
  const { code, stderr, stdout } = await example.program.ended;
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(example.files()).toEqual([]);
  await example.gone();
}

test.each(needsPython)("%s says that it needs python3", async (name) => {
  await using example = new Example(name, { PATH: "/nonexistent" });
  await expectRefusal(example, /^This needs .*python3.*\.\n$/);
});

test.each(needsPython)("%s says what python3 has to have", async (name) => {
  using cleanup = new Cleanup();
  const folder = mkdtempSync(join(tmpdir(), "python-"));
  cleanup.defer(() => {
    rmSync(folder, { recursive: true });
  });
  const python = join(folder, "python3");
  writeFileSync(python, "#!/bin/sh\nexit 1\n");
  chmodSync(python, 0o755);
  const PATH = `${folder}${delimiter}${process.env["PATH"]}`;
  await using example = new Example(name, { PATH });
  await expectRefusal(example, /^This needs .*python3.*\.\n$/);
});

/** Takes from a program what only Linux has. */
const elsewhere = `
  import { createRequire } from "node:module";
  const addon = createRequire("${root}/")("./build/Release/posix_select.node");
  delete addon.timerfd;
  delete addon.eventfd;
  Object.defineProperty(process, "platform", {
    get() {
      const [, , caller] = new Error().stack.split("\\n");
      return caller.includes("/examples/") ? "elsewhere" : "${process.platform}";
    },
  });
`;

test.each(needsLinux.filter((name) => !needsPython.includes(name)))(
  "%s says that it needs Linux",
  async (name) => {
    await using example = new Example(name, preload(elsewhere));
    await expectRefusal(
      example,
      /^This needs Linux: there is no [\w ]+ here\.\n$/,
    );
  },
);

test("seqpacket says that there are no such sockets", async () => {
  const env = preload(`
    import { createRequire } from "node:module";
    const addon = createRequire("${root}/")("./build/Release/posix_select.node");
    addon.socketpair = () => -93;
  `);
  await using example = new Example("seqpacket", env);
  await expectRefusal(
    example,
    /^There are no such sockets here: OSError: EPROTONOSUPPORT.*\n$/,
  );
});
