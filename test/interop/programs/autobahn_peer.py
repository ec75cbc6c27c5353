"""autobahn_peer.py client URL | server PORT, and "deflate"."""
import asyncio
import json
import sys

from autobahn.asyncio.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateOfferAccept,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from messages import MESSAGES, expect

deflate = "deflate" in sys.argv


class Client(WebSocketClientProtocol):
    def onConnect(self, response):
        self.extensions = response.headers.get("sec-websocket-extensions", "")

    def onOpen(self):
        self.waiting = MESSAGES * 3
        self.send_next()

    def send_next(self):
        message = self.waiting[0]
        is_binary = isinstance(message, bytes)
        self.sendMessage(message if is_binary else message.encode(), is_binary, fragmentSize=4096)

    def onMessage(self, payload, isBinary):
        expect(payload if isBinary else payload.decode(), self.waiting.pop(0))
        if self.waiting:
            self.send_next()
        else:
            self.sendClose(1000)

    def onClose(self, wasClean, code, reason):
        print(json.dumps({"extensions": getattr(self, "extensions", ""), "code": code}))
        asyncio.get_event_loop().stop()


class Server(WebSocketServerProtocol):
    def onMessage(self, payload, isBinary):
        self.sendMessage(payload, isBinary, fragmentSize=4096)


def accept_offer(offers):
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(offer)


def accept_response(response):
    if isinstance(response, PerMessageDeflateResponse):
        return PerMessageDeflateResponseAccept(response)


async def main():
    loop = asyncio.get_running_loop()
    if sys.argv[1] == "client":
        factory = WebSocketClientFactory(sys.argv[2], loop=loop)
        factory.protocol = Client
        if deflate:
            factory.setProtocolOptions(
                perMessageCompressionOffers=[PerMessageDeflateOffer()], perMessageCompressionAccept=accept_response
            )
        await loop.create_connection(factory, factory.host, factory.port)
    else:
        factory = WebSocketServerFactory(loop=loop)
        factory.protocol = Server
        if deflate:
            factory.setProtocolOptions(perMessageCompressionAccept=accept_offer)
        await loop.create_server(factory, "127.0.0.1", int(sys.argv[2]))


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(main())
loop.run_forever()
