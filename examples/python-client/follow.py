"""follow.py URL TOPIC…: prints events of topics, one line of JSON each, until reconnecting is pointless."""

import asyncio
import json
import sys

from turnout import Client, Ended, Topic


def show(**what):
    print(json.dumps(what), flush=True)


class Followed(Topic):
    def on_message(self, data):
        show(topic=self.name, message=list(data) if isinstance(data, bytes) else data)

    def on_missed(self):
        show(topic=self.name, missed=True)

    def on_people(self):
        show(topic=self.name, people=self.people)

    def on_count(self, count):
        show(topic=self.name, count=count)

    def on_refused(self, reason):
        show(topic=self.name, refused=reason)


async def main(url, *names):
    try:
        await Client(url, [Followed(name, since="oldest") for name in names]).run()
    except Ended as end:
        show(ended=end.code)


asyncio.run(main(*sys.argv[1:]))
