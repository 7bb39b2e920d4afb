"""An echo server on uvloop, as a protocol of asyncio; it prints its port, answers
lines on stdin, and ends with stdin."""

import asyncio
import os
import resource

import uvloop

_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def answer():
        if os.read(0, 65536):
            print(0, flush=True)
        elif not ended.done():
            ended.set_result(None)

    loop.add_reader(0, answer)
    server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended


uvloop.run(main())
