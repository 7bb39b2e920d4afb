"""What the random programs open and give to calls, and errors by our names."""

import os
import socket
import sys

FILE = sys.argv[3]

OS_ERRORS = (
    "BlockingIOError", "BrokenPipeError", "ConnectionAbortedError",
    "ConnectionRefusedError", "ConnectionResetError", "FileExistsError",
    "FileNotFoundError", "InterruptedError", "NotADirectoryError",
    "PermissionError", "TimeoutError",
)
WRONG = {
    "none": None, "text": "x", "object": object(), "list": [],
    "fraction": 1.5, "nan": float("nan"),
}


class Box:
    """An object that has a descriptor."""

    def __init__(self, number, owns):
        self.number = number
        self.owns = owns

    def fileno(self):
        return self.number

    def close(self):
        number, self.number = self.number, -1
        if self.owns:
            os.close(number)


class Skipped(Exception):
    """The step is about something that the program has not."""


def pair(make):
    def opened(_):
        both = make()
        for one in both:
            one.setblocking(False)
        return both
    return opened


def datagrams():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


def udp():
    both = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(2)]
    for one in both:
        one.bind(("127.0.0.1", 0))
    both[0].connect(both[1].getsockname())
    both[1].connect(both[0].getsockname())
    return both


def tcp(program):
    client = socket.socket()
    client.connect(program.listener.getsockname())
    server, _ = program.listener.accept()
    client.setblocking(False)
    server.setblocking(False)
    return [client, server]


def listener(_):
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(8)
    made.setblocking(False)
    return [made]


def unconnected(_):
    made = socket.socket()
    made.setblocking(False)
    return [made]


OPENERS = {
    "unix": pair(socket.socketpair),
    "datagram": pair(datagrams),
    "tcp": tcp,
    "udp": pair(udp),
    "pipe": lambda _: list(os.pipe2(os.O_NONBLOCK)),
    "eventfd": lambda _: [os.eventfd(0, os.EFD_NONBLOCK)],
    "file": lambda _: [os.open(FILE, os.O_RDONLY)],
    "folder": lambda _: [os.open(os.path.dirname(FILE), os.O_RDONLY)],
    "listener": listener,
    "unconnected": unconnected,
}


def failure(error, call):
    """An error by our names."""
    name = type(error).__name__
    if isinstance(error, OSError):
        name = name if name in OS_ERRORS else "OSError"
        return {"error": name, "errno": error.errno or 0}
    if isinstance(error, (ValueError, RuntimeError)) and "closed" in str(error):
        name = "ClosedError"
    elif isinstance(error, (ValueError, OverflowError)):
        name = "RangeError"
    elif isinstance(error, KeyError):
        name = "NotRegisteredError"
        if call == "register":
            name = "AlreadyRegisteredError"
    return {"error": name}
