"""aiohttp_peer.py client URL | server PORT, and "deflate"."""
import asyncio
import json
import sys

from aiohttp import ClientSession, WSMsgType, web
from messages import MESSAGES, expect

deflate = "deflate" in sys.argv


async def client(url):
    async with ClientSession() as session:
        socket = await session.ws_connect(url, compress=15 if deflate else 0, max_msg_size=0)
        for _ in range(3):
            for message in MESSAGES:
                await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
                expect((await socket.receive()).data, message)
        await socket.close(code=1000)
        extensions = socket._response.headers.get("Sec-WebSocket-Extensions", "")
        print(json.dumps({"extensions": extensions, "code": socket.close_code}))


async def echo(request):
    socket = web.WebSocketResponse(compress=deflate, max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


def server(port):
    app = web.Application()
    app.router.add_get("/", echo)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None)


if sys.argv[1] == "client":
    asyncio.run(client(sys.argv[2]))
else:
    server(sys.argv[2])
