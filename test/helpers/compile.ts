import { join } from "node:path";
import ts from "typescript";
import { root } from "./markdown.ts";

/** A program that is on no disk. */
export interface Source {
  /** Its absolute path, as if it were there. */
  readonly path: string;
  readonly text: string;
}

/**
 * Checks programs as the project's own are, and compiles them with what they
 * import of it, in one go.
 * @param folder Where to, by their paths seen from the project's folder.
 * @returns What is wrong, as `path:line: what`.
 */
export function compile(sources: readonly Source[], folder: string): string[] {
  const configFile = join(root, "tsconfig.json");
  const read: { config?: unknown } = ts.readConfigFile(configFile, (path) =>
    ts.sys.readFile(path),
  );
  const settings: ts.CompilerOptions = {
    noUnusedLocals: false,
    noEmit: false,
    rootDir: root,
    outDir: folder,
    inlineSourceMap: true,
    rewriteRelativeImportExtensions: true,
  };
  const { options } = ts.parseJsonConfigFileContent(
    read.config,
    ts.sys,
    root,
    settings,
    configFile,
  );
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => texts.has(path) || disk.fileExists(path),
    readFile: (path) => texts.get(path) ?? disk.readFile(path),
    getSourceFile: (path, ...rest) => {
      const text = texts.get(path);
      if (text === undefined) return disk.getSourceFile(path, ...rest);
      return ts.createSourceFile(path, text, rest[0]);
    },
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  program.emit();
  const found = [...texts.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
  });
  return found.map(({ file, start = 0, messageText }) => {
    const what = ts.flattenDiagnosticMessageText(messageText, " ");
    if (file === undefined) return what;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${file.fileName}:${line + 1}: ${what}`;
  });
}
