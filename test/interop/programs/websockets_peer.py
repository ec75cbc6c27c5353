"""websockets_peer.py client URL | server PORT, and "deflate"."""
import asyncio
import json
import sys

import websockets
from messages import MESSAGES, expect, fragments

options = {"compression": "deflate" if "deflate" in sys.argv else None, "max_size": None}


async def client(url):
    socket = await websockets.connect(url, **options)
    for _ in range(3):
        for message in MESSAGES:
            await socket.send(fragments(message))
            expect(await socket.recv(), message)
    await socket.close(1000)
    print(json.dumps({"extensions": socket.response_headers.get("Sec-WebSocket-Extensions", ""), "code": socket.close_code}))


async def echo(socket):
    async for message in socket:
        await socket.send(fragments(message))


async def server(port):
    async with websockets.serve(echo, "127.0.0.1", int(port), **options):
        await asyncio.Future()


asyncio.run(client(sys.argv[2]) if sys.argv[1] == "client" else server(sys.argv[2]))
