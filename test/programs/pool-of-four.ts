/**
 * Has four reads of its standard input wait, and reads a file. Ends when there was
 * something for the first of them; or, told to exit, at once, as it thinks.
 */
import { read, readFile } from "node:fs";

for (let i = 0; i < 4; i++) {
  read(0, Buffer.alloc(1), () => {
    console.log("read");
  });
}
readFile(import.meta.filename, () => {
  console.log("file");
});
setTimeout(() => {
  console.log("timer");
  if (process.argv[2] === "exit") process.exit();
}, 200);
