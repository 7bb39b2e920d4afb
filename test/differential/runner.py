"""Runs random programs with CPython's select, selectors and socket.

Each line of the input is a list of programs, each line of the output what their
steps gave, both as JSON; steps.ts has the language. All numbers below BASE are
taken, so that a program's descriptors have the same numbers as on our side.
"""

import fcntl
import json
import os
import select
import selectors
import socket
import struct
import sys

from things import OPENERS, WRONG, Box, Skipped, failure

BASE = int(sys.argv[1])
ROOM = int(sys.argv[2])
NO_LINGER = struct.pack("ii", 1, 0)
ALL = select.poll()
for number in range(BASE, BASE + ROOM):
    ALL.register(number, 0)


class Program:
    def __init__(self, mechanism, listener):
        self.mechanism = mechanism
        self.listener = listener
        self.things = {}
        self.numbers = {}
        self.names = {}
        self.lists = []
        self.maps = {}

    # What is there

    def add(self, name, thing):
        number = thing if isinstance(thing, int) else thing.fileno()
        self.things[name] = thing
        self.numbers[name] = number
        if not isinstance(thing, int):
            self.names[id(thing)] = name
        return number

    def thing(self, name):
        if name not in self.things:
            raise Skipped
        return self.things[name]

    def file(self, argument):
        if "name" in argument:
            return self.thing(argument["name"])
        if "numberOf" in argument:
            self.thing(argument["numberOf"])
            return self.numbers[argument["numberOf"]]
        if "number" in argument:
            return argument["number"]
        return WRONG[argument["wrong"]]

    def amount(self, value):
        return WRONG[value["wrong"]] if isinstance(value, dict) else value

    def data(self, value):
        if not isinstance(value, dict):
            return value
        self.lists.append([7])
        return self.lists[-1]

    def label(self, thing):
        if isinstance(thing, int):
            return thing
        return self.names.get(id(thing), "unknown")

    def data_label(self, data):
        if data is None:
            return "-"
        for index, known in enumerate(self.lists):
            if known is data:
                return "list %d" % index
        return str(data)

    def key(self, key):
        return "%s fd=%d events=%s data=%s" % (
            self.label(key.fileobj), key.fd, key.events,
            self.data_label(key.data))

    # What changes it

    def open(self, step):
        names = step["names"]
        opened = OPENERS[step["kind"]](self)
        if isinstance(opened[0], int) and step["as"] == "object":
            opened = [Box(number, True) for number in opened]
        return [self.add(*pair) for pair in zip(names, opened)]

    def connect(self, step):
        address = self.thing(step["to"]).getsockname()
        client = socket.socket()
        try:
            client.connect(address)
        except OSError:
            client.close()
            raise
        client.setblocking(False)
        return self.add(step["name"], client)

    def accept(self, step):
        client, _ = self.thing(step["from"]).accept()
        client.setblocking(False)
        return self.add(step["name"], client)

    def wrap(self, step):
        self.thing(step["of"])
        return self.add(step["name"], Box(self.numbers[step["of"]], False))

    def dup(self, step):
        thing = self.thing(step["of"])
        if isinstance(thing, socket.socket):
            return self.add(step["name"], thing.dup())
        return self.add(step["name"], os.dup(fileno(thing)))

    def close(self, step):
        thing = self.thing(step["name"])
        if isinstance(thing, int):
            os.close(thing)
        else:
            thing.close()

    def send(self, step):
        thing = self.thing(step["name"])
        data = b"\x01" * step["bytes"]
        if isinstance(thing, socket.socket):
            return thing.send(data, socket.MSG_OOB if "urgent" in step else 0)
        return os.write(fileno(thing), data)

    def fill(self, step):
        sent = 0
        for _ in range(300):
            try:
                sent += self.send({"name": step["name"], "bytes": 4096})
            except BlockingIOError:
                break
        return sent

    def recv(self, step):
        thing = self.thing(step["name"])
        if isinstance(thing, socket.socket):
            return len(thing.recv(step["bytes"]))
        return len(os.read(fileno(thing), step["bytes"]))

    def shutdown(self, step):
        self.thing(step["name"]).shutdown(step["how"])

    # The calls

    def select(self, step):
        lists = [self.iterable(entry) for entry in step["lists"]]
        ready = select.select(*lists, self.amount(step["timeout"]))
        return [[self.label(thing) for thing in found] for found in ready]

    def iterable(self, entry):
        files = [self.file(argument) for argument in entry["files"]]
        kinds = {"none": None, "number": 5, "text": ""}
        if entry["as"] == "iterator":
            return iter(files)
        return kinds.get(entry["as"], files)

    def make(self, step):
        if self.mechanism == "poll":
            made = select.poll()
        elif self.mechanism == "epoll":
            options = {"sizehint": step.get("sizeHint", -1),
                       "flags": step.get("flags", 0)}
            made = select.epoll(**options)
        else:
            made = getattr(selectors, self.mechanism)()
            self.maps[step["name"]] = made.get_map()
        return self.add_subject(step["name"], made)

    def fromFd(self, step):
        self.thing(step["of"])
        made = select.epoll.fromfd(self.numbers[step["of"]])
        return self.add_subject(step["name"], made)

    def add_subject(self, name, made):
        if hasattr(made, "fileno"):
            return self.add(name, made)
        self.things[name] = made
        self.numbers[name] = -1
        self.names[id(made)] = name
        return None

    def arguments(self, step):
        arguments = [self.file(step["file"])]
        if "events" in step:
            arguments.append(self.amount(step["events"]))
        if "data" in step:
            arguments.append(self.data(step["data"]))
        return arguments

    def register(self, step):
        made = self.thing(step["on"]).register(*self.arguments(step))
        return made and self.key(made)

    def modify(self, step):
        subject = self.thing(step["on"])
        arguments = self.arguments(step)
        if isinstance(subject, POLLERS):
            return subject.modify(*arguments)
        before = find(subject, arguments[0])
        after = subject.modify(*arguments)
        return [self.key(after), after is before]

    def unregister(self, step):
        removed = self.thing(step["on"]).unregister(self.file(step["file"]))
        return removed and self.key(removed)

    def getKey(self, step):
        return self.key(self.thing(step["on"]).get_key(self.file(step["file"])))

    def has(self, step):
        self.thing(step["on"])
        return self.file(step["file"]) in self.maps[step["on"]]

    def map(self, step):
        subject = self.thing(step["on"])
        held = self.maps[step["on"]]
        same = subject.get_map() is held
        return [list(held), [self.key(key) for key in held.values()], same]

    def wait(self, step):
        subject = self.thing(step["on"])
        timeout = self.amount(step["timeout"])
        if isinstance(subject, POLLERS):
            if "maxEvents" in step:
                return subject.poll(timeout, self.amount(step["maxEvents"]))
            return subject.poll(timeout)
        ready = ["%s ready=%d" % (self.key(key), events)
                 for key, events in subject.select(timeout)]
        return ready if self.mechanism == "PollSelector" else sorted(ready)

    def fileno(self, step):
        return self.thing(step["on"]).fileno()

    def closed(self, step):
        return self.thing(step["on"]).closed

    def finish(self, step):
        self.thing(step["on"]).close()

    # All of it

    def run(self, steps):
        outcomes = []
        for step in steps:
            try:
                outcome = {"value": getattr(self, step["do"])(step)}
            except Skipped:
                outcomes.append({"value": "skipped"})
                continue
            except Exception as error:
                outcome = failure(error, step["do"])
            if step["do"] in CHANGING:
                subject = self.things.get(step["on"])
                if not isinstance(subject, POLLERS):
                    keys = subject.get_map()
                    outcome["keys"] = keys if keys is None else [
                        self.key(key) for key in keys.values()]
            outcomes.append(outcome)
        return outcomes

    def clean_up(self):
        for thing in self.things.values():
            if isinstance(thing, socket.socket):
                try:
                    if thing.family == socket.AF_INET:
                        thing.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                except OSError:
                    pass
            try:
                if isinstance(thing, int):
                    os.close(thing)
                else:
                    thing.close()
            except (OSError, AttributeError):
                pass
        closed = {number for number, events in ALL.poll(0)
                  if events == select.POLLNVAL}
        return [n for n in range(BASE, BASE + ROOM) if n not in closed]


CHANGING = ("register", "modify", "unregister", "finish")
POLLERS = (type(select.poll()),)
if hasattr(select, "epoll"):
    POLLERS += (select.epoll,)


def fileno(thing):
    return thing if isinstance(thing, int) else thing.fileno()


def find(selector, thing):
    try:
        return selector.get_key(thing)
    except (KeyError, ValueError, RuntimeError):
        return None


def take_all_below():
    while True:
        number = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 0)
        if number >= BASE:
            os.close(number)
            if number > BASE:
                raise SystemExit("number %d is taken" % BASE)
            return


def main():
    own = socket.socket()
    own.bind(("127.0.0.1", 0))
    own.listen(64)
    for line in sys.stdin:
        take_all_below()
        answers = [answer(request, own) for request in json.loads(line)]
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


def answer(request, own):
    program = Program(request["mechanism"], own)
    outcomes = program.run(request["steps"])
    left = program.clean_up()
    os.closerange(BASE, BASE + ROOM)
    return {"outcomes": outcomes, "left": left}


main()
