/** Bytes arrive as they were sent, in whatever pieces. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { recv, recvInto, sendAll } from "posix-select/promises";
import { MSG_WAITALL, socketpair } from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";

const piece = fc.uint8Array({ maxLength: 9000 });
const pieces = fc.array(piece, { maxLength: 12 });
const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 });

test("recv() gives what send() took, whatever is asked for", () => {
  fc.assert(
    fc.property(pieces, sizes, (pieces, sizes) => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      for (const piece of pieces) near.sendAll(piece);
      near.close();
      const got: Buffer[] = [];
      for (let i = 0; ; i++) {
        const data = far.recv(sizes[i % sizes.length] ?? 1);
        if (data.length === 0) break;
        got.push(data);
      }
      expect(Buffer.concat(got).equals(Buffer.concat(pieces))).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("pieces of one message arrive as one", () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      const all = Buffer.concat(pieces);
      expect(near.sendmsg(pieces)).toBe(all.length);
      const got = Buffer.alloc(all.length);
      expect(far.recvInto(got, MSG_WAITALL)).toBe(all.length);
      expect(got.equals(all)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("the awaited calls do so, too, while both sides are at it", async () => {
  await fc.assert(
    fc.asyncProperty(pieces, sizes, async (pieces, sizes) => {
      using cleanup = new Cleanup();
      const [near, far] = cleanup.both(socketpair());
      const sending = (async () => {
        for (const piece of pieces) await sendAll(near, piece);
        near.close();
      })();
      const got: Buffer[] = [];
      for (let i = 0; ; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        const data = Buffer.alloc(size);
        const part =
          i % 2 === 0
            ? await recv(far, size)
            : data.subarray(0, await recvInto(far, data));
        if (part.length === 0) break;
        got.push(part);
      }
      await sending;
      expect(Buffer.concat(got).equals(Buffer.concat(pieces))).toBe(true);
    }),
    { numRuns: 100 },
  );
});
