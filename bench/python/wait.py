"""CPython's `select.select` and selectors: wait.py MECHANISM THREADS. A case is
SOCKETS/READY; each call looks."""

import select
import selectors
import sys

from calls import answer_runner, begin, make_ready, open_sockets

mechanism, threads = sys.argv[1], int(sys.argv[2])


def close_all(sockets):
    for end in sockets:
        end.close()


def prepare(name):
    count, ready = map(int, name.split("/"))
    opened = open_sockets(count)
    make_ready(opened, ready)
    watched = opened[:count]
    if mechanism == "select":

        def calls(n):
            wait = select.select
            for _ in range(n):
                if len(wait(watched, [], [], 0)[0]) != ready:
                    raise SystemExit("not all ready")

        return calls, lambda: close_all(opened)

    kind = "PollSelector" if mechanism == "poll" else "EpollSelector"
    selector = getattr(selectors, kind)()
    for end in watched:
        selector.register(end, selectors.EVENT_READ)

    def calls(n):
        wait = selector.select
        for _ in range(n):
            if len(wait(0)) != ready:
                raise SystemExit("not all ready")

    def close():
        selector.close()
        close_all(opened)

    return calls, close


begin(threads)
answer_runner(prepare)
