/** A handle whose number becomes another's while somebody calls wakeup(). */
import { expect, onTestFinished, test } from "vitest";
import { PollSelector, wakeup } from "posix-select/selectors";
import { type Socket, socketpair } from "posix-select/socket";
import { native } from "../../src/native.ts";

test("wakeup() writes into no socket that has the number by then", () => {
  const selector = new PollSelector();
  const handle = selector.wakeupHandle();
  const others: Socket[] = [];
  const duplicate = native.duplicate.bind(native);
  onTestFinished(() => {
    native.duplicate = duplicate;
    for (const other of others) other.close();
  });
  // As another thread may do, between the look and the byte.
  native.duplicate = (fd, exchange) => {
    selector.close();
    others.push(...socketpair(), ...socketpair());
    return duplicate(fd, exchange);
  };
  expect(() => {
    wakeup(handle);
  }).toThrow(expect.objectContaining({ code: "ERR_CLOSED" }));
  expect(others).toHaveLength(4);
  expect(others.map((other) => other.fileno())).toContain(handle % 2 ** 21);
  for (const other of others) {
    other.setBlocking(false);
    expect(other.tryRecvInto(Buffer.alloc(1))).toBeUndefined();
  }
});
