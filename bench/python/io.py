"""CPython's `socket` on a pair. A case is KIND/BYTES."""

import sys

from calls import answer_runner, begin, open_sockets


def prepare(name):
    kind, size = name.split("/")
    size = int(size)
    near, far = open_sockets(2)
    data, buffer = b"x" * size, bytearray(size)

    def recv_into(n):
        for _ in range(n):
            if near.send(data) != size or far.recv_into(buffer) != size:
                raise SystemExit("not all sent")

    def recv(n):
        for _ in range(n):
            if near.send(data) != size or len(far.recv(size)) != size:
                raise SystemExit("not all sent")

    def empty(n):
        for _ in range(n):
            try:
                far.recv_into(buffer)
            except BlockingIOError:
                continue
            raise SystemExit("it was not empty")

    def close():
        near.close()
        far.close()

    return {"recvInto": recv_into, "recv": recv, "empty": empty}[kind], close


begin(int(sys.argv[1]))
answer_runner(prepare)
