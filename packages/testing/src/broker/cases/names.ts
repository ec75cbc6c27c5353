import type { BrokerCases } from '../broker-stage.ts';

const hostileNames = ['__proto__', '*', 'a:b', 'room[*]?', 'a.b.>', '>', 'ä ö', '{x}', 'x'.repeat(256)];

/** Names that a server might interpret as patterns. */
export const nameCases: BrokerCases = Object.fromEntries(
  hostileNames.map((hostile): [string, BrokerCases[string]] => [
    `the name ${JSON.stringify(hostile)} reaches no other topic`,
    async (stage) => {
      const [here, there] = await stage.startTwo();
      const [own, other, kept] = [stage.open(), stage.open(), stage.open()];
      await there.hub.topic(hostile).subscribe(own.socket);
      for (const name of ['room', 'rooma', 'a', 'a.b.c', 'x']) await there.hub.topic(name).subscribe(other.socket);
      await there.hub.topic(`kept ${hostile}`.slice(0, 256), { history: true }).subscribe(kept.socket);
      await kept.next();
      await here.hub.topic(hostile).publish('hello');
      await own.expect('hello');
      await other.expectNothing(10);
      await kept.expectNothing(10);
    },
  ]),
);
