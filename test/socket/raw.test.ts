import { expect, test } from "vitest";
import { OSError, PermissionError } from "posix-select/errors";
import { AF_INET, IPPROTO_ICMP, SOCK_RAW, Socket } from "posix-select/socket";
import { thrownBy } from "../helpers/errors.ts";
import { expectNoLeak } from "../helpers/descriptors.ts";
import { isRoot } from "./support.ts";

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;

/** The checksum that ICMP has, see RFC 1071. */
function checksum(packet: Buffer): number {
  let sum = 0;
  for (let i = 0; i < packet.length; i += 2) sum += packet.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A raw socket; undefined where even root may have none, as in a container. */
function open(): Socket | undefined {
  try {
    return new Socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  } catch (error) {
    if (error instanceof PermissionError) return undefined;
    throw error;
  }
}

// Raw sockets are for root.
test.skipIf(!isRoot)("a raw socket sends a ping and hears the answer", (it) => {
  using socket = open();
  if (!socket) {
    it.skip("this root may not have raw sockets");
    return;
  }
  socket.setTimeout(30_000);
  const [id, sequence] = [process.pid & 0xffff, 7];
  const ping = Buffer.from([ECHO_REQUEST, 0, 0, 0, 0, 0, 0, 0, 0x61, 0x62]);
  ping.writeUInt16BE(id, 4);
  ping.writeUInt16BE(sequence, 6);
  ping.writeUInt16BE(checksum(ping), 2);
  expect(socket.sendto(ping, { host: "127.0.0.1", port: 0 })).toBe(10);
  for (;;) {
    const [packet, from] = socket.recvfrom(1500);
    // The IP header comes first, as long as its first byte says.
    const body = packet.subarray(((packet[0] ?? 0) & 15) * 4);
    const isMine = body.readUInt16BE(4) === id;
    if (body[0] !== ECHO_REPLY || !isMine) continue;
    expect(from).toEqual({ host: "127.0.0.1", port: 0 });
    expect(body.readUInt16BE(6)).toBe(sequence);
    expect(body.toString("latin1", 8)).toBe("ab");
    break;
  }
});

// Root may have them.
test.skipIf(isRoot)("a raw socket is not for everybody", () => {
  expectNoLeak(() => {
    const error = thrownBy(() => new Socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    expect(error).toBeInstanceOf(PermissionError);
    expect(error).toMatchObject({ syscall: "socket" });
  });
});

test("a raw socket needs a protocol", () => {
  // EPERM without the rights, EPROTONOSUPPORT with them.
  expectNoLeak(() => {
    expect(() => new Socket(AF_INET, SOCK_RAW)).toThrow(OSError);
  });
});
