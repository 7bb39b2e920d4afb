/// <reference types="node" preserve="true" />
/**
 * The scope: the event loop, live, in a page of its own. To be loaded before the
 * program: `node --import posix-select/scope app.js`.
 *
 * The page's address is written to standard error. It is on the loopback
 * interface, and has a token that nobody can guess. The environment says more:
 *
 * - `POSIX_SELECT_SCOPE_PORT`: the page's port; a free one unless given. `off`
 *   shows no page.
 * - `POSIX_SELECT_SCOPE_TRACE`: a file for a trace that Perfetto and
 *   chrome://tracing open.
 * - `POSIX_SELECT_SCOPE_REPORT`: a file for a report: the page, with all that was
 *   recorded in it.
 *
 * Only the main thread is watched. A child process that is started with the same
 * module shows a page of its own, and writes no files.
 * @module posix-select/scope
 */
import { type ScopeOptions, startScope } from "./start.ts";

function optionsIn(env: NodeJS.ProcessEnv): ScopeOptions {
  const port = env["POSIX_SELECT_SCOPE_PORT"] ?? "0";
  const number = Number(port);
  if (
    port !== "off" &&
    !(Number.isInteger(number) && number >= 0 && number < 65536)
  ) {
    throw new RangeError(
      `POSIX_SELECT_SCOPE_PORT is to be a port or "off", not ${JSON.stringify(port)}`,
    );
  }
  return {
    port: port === "off" ? undefined : number,
    trace: env["POSIX_SELECT_SCOPE_TRACE"],
    report: env["POSIX_SELECT_SCOPE_REPORT"],
  };
}

const options = optionsIn(process.env);
// A child that is watched too has a page of its own, and writes into no file of
// its parent's.
delete process.env["POSIX_SELECT_SCOPE_TRACE"];
delete process.env["POSIX_SELECT_SCOPE_REPORT"];
if (options.port !== undefined) process.env["POSIX_SELECT_SCOPE_PORT"] = "0";
startScope(options);
