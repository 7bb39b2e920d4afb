"""The runner writes "CASE MS", and reads how many nanoseconds a call takes, out of
a loop of about so many milliseconds; "CASE =COUNT" makes just so many."""

import resource
import socket
import sys
import threading
import time


def begin(threads):
    """As many descriptors as the system allows; a second thread if asked for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if threads > 1:
        threading.Thread(target=threading.Event().wait, daemon=True).start()


def open_sockets(count):
    """Sockets that are connected in pairs, under the lowest numbers."""
    sockets = [end for _ in range(0, count, 2) for end in socket.socketpair()]
    for end in sockets:
        end.setblocking(False)
    return sockets


def make_ready(sockets, ready):
    """Makes the first ones readable: each has a byte from its peer."""
    for i in range(ready):
        sockets[i ^ 1].send(b"x")


def answer_runner(prepare):
    """`prepare(name)` gives a function that makes so many calls, and one that
    closes what was opened for the case."""
    current, calls, close, count = None, None, None, 1

    def measure():
        start = time.perf_counter_ns()
        calls(count)
        return time.perf_counter_ns() - start

    for line in iter(sys.stdin.readline, ""):
        name, amount = line.split()
        if name != current:
            if close is not None:
                close()
            calls, close = prepare(name)
            current, count = name, 1
        if amount.startswith("="):
            count = int(amount[1:])
            taken = measure()
        else:
            wanted = float(amount) * 1e6
            taken = measure()
            while taken < wanted:
                factor = 1.1 * wanted / taken if taken > wanted / 100 else 10
                count = int(count * factor) + 1
                taken = measure()
        print(f"{taken / count:.3f}", flush=True)
