"""A client of Turnout's topics (docs/protocol.md, version 1). Python 3.9 or later, websockets 10.4 or later."""

import asyncio
import base64
import json
import random

import websockets
from websockets.exceptions import ConnectionClosed, InvalidHandshake

FINAL_CODES = {1000, 1002, 1007, 1008, 3000}
FINAL_STATUSES = {400, 401, 403, 404, 426}


class Ended(Exception):
    """The client does not connect again. `code` is a close code, or the HTTP status of a refused handshake."""

    def __init__(self, code, reason=""):
        super().__init__(f"{code} {reason}".strip())
        self.code = code


class Topic:
    """A subscription, over all connections. Override the methods that begin with `on_`."""

    def __init__(self, name, since=None):
        self.name = name
        self.since = since  # {"epoch": …, "offset": …} of the last message, "oldest", or None
        self.people = {}  # details by id
        self.is_live = self.is_listed = False
        self.is_resuming = isinstance(since, dict)

    def on_message(self, data): ...  # what was published: JSON, or bytes

    def on_missed(self): ...  # messages were lost: fetch the state again

    def on_people(self): ...  # `people` has changed

    def on_count(self, count): ...  # this many people are present

    def on_refused(self, reason): ...

    def receive(self, message):
        kinds = {key: value for key, value in message.items() if value is not None or key == "data"}
        if "refused" in kinds:
            self.is_live = False
            self.on_refused(kinds["refused"])
        elif "subscribed" in kinds:
            self.is_live = True
            self._move(kinds["subscribed"], self.is_resuming and not kinds["subscribed"].get("recovered"))
            self.is_resuming = True
        elif not self.is_live:
            return
        elif "gap" in kinds:
            self._move(kinds["gap"], True)
        elif "epoch" in kinds and isinstance(self.since, dict):
            self.since["epoch"] = kinds["epoch"]
        elif kinds.keys() & {"people", "joined", "left"}:
            self._update_people(kinds)
        elif "count" in kinds:
            self.on_count(kinds["count"])
        elif kinds.keys() & {"data", "bytes"} and self._is_new(kinds.get("offset")):
            self.on_message(base64.b64decode(kinds["bytes"]) if "bytes" in kinds else kinds["data"])

    def _move(self, position, has_missed):
        if position.get("epoch") is not None:
            self.since = {"epoch": position["epoch"], "offset": position["offset"]}
        if has_missed:
            self.on_missed()

    def _is_new(self, offset):
        if offset is not None and offset <= self.since["offset"]:
            return False
        if offset is not None:
            self.since["offset"] = offset
        return True

    def _update_people(self, kinds):
        if "people" in kinds:
            self.people = self.people if kinds.get("page") else {}
            self.is_listed = not kinds.get("more")
        for person in kinds.get("people", []) + kinds.get("joined", []):
            self.people[person["id"]] = person.get("details")
        for person_id in kinds.get("left", []):
            self.people.pop(person_id, None)
        if self.is_listed:
            self.on_people()


class Client:
    """Keeps topics subscribed, and reconnects until that is pointless. `options` are those of `websockets.connect()`."""

    def __init__(self, url, topics, **options):
        self.url, self.options = url, {"max_size": None, **options}
        self.topics = {topic.name: topic for topic in topics}
        self.failures = 0  # since the last message

    def on_other(self, message): ...  # the application's own message, text or bytes

    async def run(self):
        """Raises `Ended`, and exceptions of an `on_…()`."""
        while True:
            code, least_wait = await self._connect()
            self.failures += 1
            longest = 6 if code == 1012 and self.failures == 1 else 0.5 * 2 ** min(self.failures + 4 * (code == 1013), 6)
            await asyncio.sleep(least_wait + random.uniform(0, min(longest, 30)))

    async def _connect(self):
        try:
            async with websockets.connect(self.url, **self.options) as socket:  # answers Pings, and sends its own
                await self._receive(socket)
        except ConnectionClosed as error:
            code, reason = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "")
            if code in FINAL_CODES:
                raise Ended(code, reason) from error
            return code, 0
        except InvalidHandshake as error:
            answer = getattr(error, "response", error)  # websockets 10 has status and headers in the error itself
            if getattr(answer, "status_code", None) in FINAL_STATUSES:
                raise Ended(answer.status_code) from error
            seconds = getattr(answer, "headers", {}).get("Retry-After", "")
            return None, int(seconds) if seconds.isdigit() else 0
        except (OSError, asyncio.TimeoutError):
            return None, 0

    async def _receive(self, socket):
        for topic in self.topics.values():
            topic.is_live = topic.is_listed = False
            await socket.send(json.dumps({"subscribe": topic.name, "since": topic.since}))
        while True:
            data = await socket.recv()
            self.failures = 0
            message = read_object(data)
            topic = self.topics.get(str(message.get("topic")))
            if topic is None:
                self.on_other(data)
            else:
                topic.receive(message)


def read_object(data):
    try:
        message = json.loads(data) if isinstance(data, str) else None
    except ValueError:
        message = None
    return message if isinstance(message, dict) else {}
