/** What the file's name is for people: without the folders before it. */
function place(file: string, line: string | undefined): string {
  return line === undefined ? "" : ` (${file}, line ${line})`;
}

/** The first line of a stack that is in the learner's own file. */
function lineOf(file: string, stderr: string): string | undefined {
  for (const line of stderr.split("\n")) {
    if (!/^\s+at /.test(line) || !line.includes(`/${file}:`)) continue;
    return /:(\d+):\d+\)?$/.exec(line)?.[1];
  }
  return undefined;
}

/** How a program ended, told in words. */
export function explainedEnd(
  file: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  stderr: string,
): string {
  const syntax = /^(.+):(\d+):\d+: ERROR: (.*)$/m.exec(stderr);
  if (syntax) {
    const [, , line, message] = syntax;
    return `Your program has a syntax error${place(file, line)}: ${message}`;
  }
  if (signal) return `Your program was ended by ${signal}.`;
  if (code === 13) {
    const line = /unsettled top-level await at\s+\S+:(\d+)$/m.exec(stderr)?.[1];
    return `Your program ended while it waited for something that nobody would bring any more (exit code 13)${place(file, line)}.`;
  }
  const error = /^(?:Uncaught )?\w*Error(?: \[\w+\])?: .*$/m.exec(stderr);
  if (code === 0 || !error) return `Your program ended (exit code ${code}).`;
  const where = place(file, lineOf(file, stderr));
  return `Your program ended (exit code ${code}): ${error[0]}${where}`;
}
