"""An echo server on CPython's `selectors`; it prints its port, answers lines on
stdin, and ends with stdin."""

import os
import resource
import selectors
import socket

_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

server = socket.create_server(("127.0.0.1", 0), backlog=4096)
server.setblocking(False)
selector = selectors.DefaultSelector()
slab = memoryview(bytearray(65536))


def accept(listener):
    client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(client, selectors.EVENT_READ, echo)


def echo(client):
    try:
        size = client.recv_into(slab)
        if size > 0:
            client.sendall(slab[:size])
            return
    except OSError:
        pass  # it broke off
    selector.unregister(client)
    client.close()


def answer(stdin):
    if not os.read(stdin, 65536):
        raise SystemExit
    print(0, flush=True)


selector.register(0, selectors.EVENT_READ, answer)
selector.register(server, selectors.EVENT_READ, accept)
print(server.getsockname()[1], flush=True)
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
