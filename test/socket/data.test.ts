import { describe, expect, test } from "vitest";
import {
  AF_UNIX,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_DGRAM,
  socketpair,
  SOL_SOCKET,
} from "posix-select/socket";
import { Cleanup } from "../helpers/cleanup.ts";
import { fill, Peer } from "./support.ts";

/** Bytes that differ from their neighbours, and from those of another seed. */
function pattern(length: number, seed = 0): Buffer {
  return Buffer.from(
    Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8) + seed),
  );
}

describe("recv", () => {
  test("waits for something, and gives what there is", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("four");
    expect(b.recv(99).toString()).toBe("four");
  });

  test("leaves what is too much for the next time", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("abcdef");
    expect(b.recv(4).toString()).toBe("abcd");
    expect(b.recv(4).toString()).toBe("ef");
  });

  test("gives an empty Buffer at the end, every time", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.close();
    expect(b.recv(1)).toEqual(Buffer.alloc(0));
    expect(b.recv(100_000)).toEqual(Buffer.alloc(0));
  });

  test("of 0 bytes waits for nothing and takes nothing", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(b.recv(0)).toHaveLength(0);
    expect(b.recvInto(new Uint8Array())).toBe(0);
    a.send("x");
    expect(b.recv(0)).toHaveLength(0);
    expect(b.recv(1).toString()).toBe("x");
  });

  test.for([1, 100, 65535, 65536, 65537, 150_000])(
    "gives %i bytes in a Buffer that the next one leaves alone",
    (length) => {
      using cleanup = new Cleanup();
      const [a, b] = cleanup.both(socketpair());
      for (const socket of [a, b]) {
        socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 400_000);
        socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 400_000);
      }
      a.sendAll(pattern(length, 1));
      const first = b.recv(length);
      a.sendAll(pattern(length, 2));
      const second = b.recv(length);
      a.sendAll("xxx");
      const third = b.recv(3);
      expect(first.equals(pattern(length, 1))).toBe(true);
      expect(second.equals(pattern(length, 2))).toBe(true);
      expect(third.toString()).toBe("xxx");
    },
  );

  test("gives only what came, however much was asked for", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("short");
    const small = b.recv(65536);
    a.send("SHORT");
    const large = b.recv(1_000_000);
    expect([small.toString(), large.toString()]).toEqual(["short", "SHORT"]);
  });

  test("makes Buffers that all other calls leave alone", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    for (const text of ["one", "two", "six"]) a.send(text);
    const [one] = b.recvfrom(3);
    const { data: two } = b.recvmsg(3);
    const six = b.recv(3);
    expect([one, two, six].map(String)).toEqual(["one", "two", "six"]);
  });
});

describe("recvInto", () => {
  const bytesOf = (it: NodeJS.ArrayBufferView) =>
    Buffer.from(it.buffer, it.byteOffset, it.byteLength);

  test.for<[string, NodeJS.ArrayBufferView]>([
    ["a Buffer", Buffer.alloc(8)],
    ["a Uint8Array", new Uint8Array(8)],
    ["a Uint8ClampedArray", new Uint8ClampedArray(8)],
    ["an Int16Array", new Int16Array(4)],
    ["a BigUint64Array", new BigUint64Array(1)],
    [
      "a Float64Array in its midst",
      new Float64Array(new ArrayBuffer(32), 8, 1),
    ],
    ["a DataView in its midst", new DataView(new ArrayBuffer(32), 3, 8)],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(32), 5, 8)],
    ["a DataView of it", new DataView(new SharedArrayBuffer(32), 5, 8)],
  ])("fills %s, and nothing around it", ([, view]) => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    a.send("12345678 and more");
    expect(b.recvInto(view)).toBe(8);
    expect(bytesOf(view).toString()).toBe("12345678");
    const all = Buffer.from(view.buffer);
    // Small Buffers are cut from a pool, in which others are neighbours.
    if (!Buffer.isBuffer(view)) {
      expect(all.filter((byte) => byte !== 0)).toHaveLength(8);
    }
    expect(b.tryRecvInto(view)).toBe(8);
    expect(bytesOf(view).toString()).toBe(" and mor");
    expect(b.recvInto(view)).toBe(1);
    expect(bytesOf(view).toString()).toBe("eand mor");
  });
});

describe("what can be sent", () => {
  test("is text, as UTF-8, counted in bytes", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(a.send("grüße 🙂")).toBe(12);
    expect(b.recv(99).toString("utf8")).toBe("grüße 🙂");
    expect(a.trySend("ü")).toBe(2);
    a.sendAll("ß");
    expect(b.recv(99).toString("utf8")).toBe("üß");
  });

  const memory = Uint8Array.from({ length: 32 }, (_, i) => i).buffer;
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7);

  test.for<[string, NodeJS.ArrayBufferView, number[]]>([
    ["a Buffer", Buffer.from([1, 2, 3]), [1, 2, 3]],
    ["a part of memory", new Uint8Array(memory, 4, 3), [4, 5, 6]],
    ["a DataView", new DataView(memory, 3, 4), [3, 4, 5, 6]],
    ["a Uint16Array", new Uint16Array(memory, 2, 2), [2, 3, 4, 5]],
    ["shared memory", shared, [7, 7, 7, 7]],
  ])("is %s", ([, view, bytes]) => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const wanted = Buffer.from(bytes);
    expect(a.send(view)).toBe(bytes.length);
    expect(b.recv(99)).toEqual(wanted);
    expect(a.trySend(view)).toBe(bytes.length);
    expect(b.recv(99)).toEqual(wanted);
    a.sendAll(view);
    expect(b.recv(99)).toEqual(wanted);
    expect(a.sendmsg([view, view])).toBe(2 * bytes.length);
    expect(b.recv(99)).toEqual(Buffer.concat([wanted, wanted]));
  });

  test("is nothing, which on a stream changes nothing", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    expect(a.send("")).toBe(0);
    expect(a.trySend(new Uint8Array())).toBe(0);
    a.sendAll(Buffer.alloc(0));
    expect(a.sendmsg([])).toBe(0);
    expect(b.tryRecvInto(new Uint8Array(1))).toBeUndefined();
  });

  test("is nothing, which as a datagram is one", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair(AF_UNIX, SOCK_DGRAM));
    a.send("");
    a.sendAll("");
    a.sendmsg("");
    a.send("end");
    const seen = [1, 2, 3, 4].map(() => b.recv(99).toString());
    expect(seen).toEqual(["", "", "", "end"]);
  });

  test("is taken in part by send where there is no room for more", () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const sent = a.send(Buffer.alloc(10_000_000));
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(10_000_000);
    a.close();
    let received = 0;
    for (let n = -1; n !== 0; received += n) n = b.recv(1_000_000).length;
    expect(received).toBe(sent);
  });
});

describe("sendAll", () => {
  test("sends everything, whatever room there is", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const data = pattern(3_000_000);
    await using peer = await Peer.start({
      fd: b.fileno(),
      body: `const all = Buffer.alloc(${data.length});
       for (let n = 0; n < all.length; )
         n += again(() => fs.readSync(fd, all, n, all.length - n, null));
       post(all);`,
    });
    peer.go();
    a.sendAll(data);
    expect(data.equals((await peer.message) as Uint8Array)).toBe(true);
  });

  test("waits for room that a non-blocking send does not find", async () => {
    using cleanup = new Cleanup();
    const [a, b] = cleanup.both(socketpair());
    const before = fill(a);
    await using peer = await Peer.start({
      fd: b.fileno(),
      body: `const block = Buffer.alloc(65536);
       for (let n = 0; n < ${before} + 4; )
         n += again(() => fs.readSync(fd, block, 0, block.length, null));
       again(() => fs.writeSync(fd, "done"));`,
    });
    peer.go();
    a.sendAll("last");
    expect(a.recv(99).toString()).toBe("done");
  });
});

describe("what was received", () => {
  const sizes = [1, 64, 4095, 4096, 4097, 20_000, 32_767, 32_768, 50_000];

  test("stays as it is, whatever is received after it", () => {
    using cleanup = new Cleanup();
    const [near, far] = cleanup.both(socketpair());
    const kept: [Buffer, number, number][] = [];
    for (const asked of [99_999, 65_536, 40_000, 4096]) {
      for (const size of [...sizes, 65_536, 70_000]) {
        if (size > asked) continue;
        for (let fill = 1; fill <= 3; fill++) {
          near.sendAll(Buffer.alloc(size, fill));
          const data = far.recv(asked);
          expect(data).toHaveLength(size);
          kept.push([data, size, fill]);
        }
      }
    }
    for (const [data, size, fill] of kept) {
      expect(data.equals(Buffer.alloc(size, fill)), `${size}`).toBe(true);
    }
  });

  test("keeps no more memory than a pool's, or twice its own", () => {
    using cleanup = new Cleanup();
    const [near, far] = cleanup.both(socketpair());
    const nodes = Buffer.from("x").buffer.byteLength;
    for (const size of sizes) {
      near.sendAll(Buffer.alloc(size));
      const { buffer } = far.recv(200_000);
      const most = Math.max(2 * size, 65_536, nodes);
      expect(buffer.byteLength).toBeLessThanOrEqual(most);
    }
  });

  test.each([5000, 40_000])("of %d bytes can go to another thread", (size) => {
    using cleanup = new Cleanup();
    const [near, far] = cleanup.both(socketpair());
    const text = "x".repeat(size);
    near.sendAll(text);
    const data = far.recv(65_536);
    const other = structuredClone(data);
    expect(Buffer.from(other).toString()).toBe(text);
    // Whether its memory goes along or not, later results are right.
    const { buffer } = data;
    try {
      if (buffer instanceof ArrayBuffer) {
        structuredClone(buffer, { transfer: [buffer] });
      }
    } catch (error) {
      expect(error).toMatchObject({ name: "DataCloneError" });
    }
    near.sendAll(text);
    expect(far.recv(65_536).toString()).toBe(text);
  });
});
