"""tornado_peer.py client URL | server PORT, and "deflate"."""
import asyncio
import json
import sys

from messages import MESSAGES, expect
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

compression = {} if "deflate" in sys.argv else None


async def client(url):
    socket = await websocket_connect(url, compression_options=compression)
    for _ in range(3):
        for message in MESSAGES:
            await socket.write_message(message, binary=isinstance(message, bytes))
            expect(await socket.read_message(), message)
    socket.close(1000)
    expect(await socket.read_message(), None)
    print(json.dumps({"extensions": socket.headers.get("Sec-WebSocket-Extensions", ""), "code": socket.close_code}))


class Echo(WebSocketHandler):
    def get_compression_options(self):
        return compression

    async def on_message(self, message):
        await self.write_message(message, binary=isinstance(message, bytes))


async def server(port):
    Application([("/", Echo)]).listen(int(port), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(client(sys.argv[2]) if sys.argv[1] == "client" else server(sys.argv[2]))
