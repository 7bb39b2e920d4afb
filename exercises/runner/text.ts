/** A terminal's. */
const WIDTH = 80;

/** One paragraph in lines. */
function lines(paragraph: string, room: number): string[] {
  const done: string[] = [];
  let line = "";
  for (const word of paragraph.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > room) {
      done.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...done, line];
}

/** Text in lines of a terminal's width; what is indented stays as it is. */
export function wrapped(text: string, indent: string): string {
  return text
    .split("\n")
    .flatMap((line) =>
      line.startsWith(" ") ? [line] : lines(line, WIDTH - indent.length),
    )
    .map((line) => indent + line)
    .join("\n");
}
