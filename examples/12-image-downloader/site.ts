/**
 * The slow site of this lesson, in a process of its own: the lesson's thread
 * holds still while it waits for an answer. It ends with the lesson.
 */
import { createServer } from "node:http";

/** How long each picture takes, in milliseconds. */
const delays = {
  "cherry.bmp": 200,
  "orange.bmp": 120,
  "lemon.bmp": 250,
  "lime.bmp": 150,
  "mint.bmp": 180,
  "sky.bmp": 100,
  "plum.bmp": 220,
  "rose.bmp": 140,
};
const names = Object.keys(delays);

/** Not all that one asks for is a picture. */
const others = ["missing.bmp", "about.html"];
const otherDelayMs = 100;

/** A picture of 64 x 64 pixels, as a BMP file: a header, then blue-green-red. */
function picture(hue: number): Buffer {
  const size = 64;
  const header = Buffer.alloc(54);
  header.write("BM");
  header.writeUInt32LE(54 + size * size * 3, 2); // the file's length
  header.writeUInt32LE(54, 10); // where the pixels begin
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(size, 18);
  header.writeInt32LE(size, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28); // bits a pixel
  const pixels = Array.from({ length: size * size }, (_, i) => {
    const light = 1 - Math.hypot((i % size) - 32, i / size - 32) / 64;
    return [-120, 120, 0].map((angle) => {
      const color = 0.5 + 0.5 * Math.cos(((hue + angle) * Math.PI) / 180);
      return Math.round(255 * light * color);
    });
  });
  return Buffer.concat([header, Buffer.from(pixels.flat())]);
}

const server = createServer((request, response) => {
  const name = request.url?.slice(1) ?? "";
  const number = names.indexOf(name);
  const delayMs = Object.values(delays)[number] ?? otherDelayMs;
  setTimeout(() => {
    if (number >= 0) {
      response.setHeader("Content-Type", "image/bmp");
      response.end(picture(number * 45));
    } else if (name === "about.html") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end("<!doctype html><title>About</title><p>No picture.</p>\n");
    } else {
      response.writeHead(404, { "Content-Type": "text/plain" });
      response.end("Not found\n");
    }
  }, delayMs);
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") return;
  const origin = `http://127.0.0.1:${address.port}`;
  process.send?.([...names, ...others].map((name) => `${origin}/${name}`));
});

process.once("disconnect", () => {
  process.exit(); // the lesson has ended, in whatever way
});
