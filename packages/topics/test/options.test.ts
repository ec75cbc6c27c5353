import { afterEach, describe, expect, test } from 'vitest';
import { createHub, type Hub, type HubOptions, type TopicOptions } from '../src/index.ts';
import { SocketServer } from '@turnout/test-kit/socket-server';
import { openSink } from '@turnout/test-kit/sink-socket';

const hubs: Hub[] = [];
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

function hubFor(options?: HubOptions): Hub {
  const hub = createHub(options);
  hubs.push(hub);
  return hub;
}

describe('createHub()', () => {
  test.each<[object, string]>([
    [{ whenLost: 'wait' }, "Invalid option whenLost: expected 'deliver-locally' or 'fail', got 'wait'"],
    [{ whenLots: 'fail' }, 'Unknown option whenLots: did you mean whenLost?'],
    [{ brokr: {} }, 'Unknown option brokr: did you mean broker?'],
    [
      { broker: Promise.resolve() },
      'Invalid option broker: expected a broker, for example from await connectRedis(), got',
    ],
    [{ maxTopicsPerSocket: 0 }, 'Invalid option maxTopicsPerSocket: expected a whole number of 1 or more, or Infinity'],
    [{ maxTotalQueuedBytes: NaN }, 'Invalid option maxTotalQueuedBytes: expected a whole number of 1 or more'],
    [{ presenceInterval: 0.5 }, 'Invalid option presenceInterval: expected a whole number of 1 to 2147483647 ms'],
    [{ presenceInterval: Infinity }, 'Invalid option presenceInterval: expected a whole number of 1 to 2147483647 ms'],
    [{ presenceInterval: 2 ** 31 }, 'Invalid option presenceInterval: expected a whole number of 1 to 2147483647 ms'],
    [{ historyCheckInterval: 0 }, 'Invalid option historyCheckInterval: expected a whole number of 1 to 2147483647 ms'],
    [{ historyCheckInterval: 30 * 86_400_000 }, 'Invalid option historyCheckInterval: expected a whole number of 1 to'],
    [{ onError: 'log' }, 'Invalid option onError: expected a function, got string'],
  ])('refuses %o', (options, message) => {
    expect(() => createHub(options)).toThrow(message);
  });

  test.each([null, 'options', []])('rejects %j in place of options', (options) => {
    expect(() => createHub(options as object)).toThrow('Invalid options: expected an object, got ');
  });

  test('accepts Infinity for no limit, and for never', async () => {
    const hub = hubFor({ maxTopicsPerSocket: Infinity, maxTotalQueuedBytes: Infinity, historyCheckInterval: Infinity });
    const topic = hub.topic('news', { maxQueuedBytes: Infinity, slow: 'drop-oldest' });
    const { socket, client } = await new SocketServer().open();
    await topic.subscribe(socket);
    await topic.publish('on its way');
    await client.expect('on its way');
  });
});

describe('hub.topic()', () => {
  test.each<[object, string]>([
    [{ histroy: true }, 'Unknown option histroy: did you mean history?'],
    [{ history: { sise: 5 } }, 'Unknown option history.sise: did you mean history.size?'],
    [{ history: { size: 0 } }, 'Invalid option history.size: expected a whole number of 1 to 100000, got 0'],
    [
      { history: { ttl: 99 } },
      'Invalid option history.ttl: expected a whole number of 100 to 1000000000000 ms, got 99',
    ],
    [{ history: { ttl: Infinity } }, 'Invalid option history.ttl: expected a whole number of 100 to 1000000000000 ms'],
    [{ history: 'yes' }, 'Invalid option history: expected a boolean or an object, got string'],
    [
      { history: true, envelope: false },
      'Invalid option envelope: expected true because a topic with history needs one',
    ],
    [{ slow: 'wait' }, "Invalid option slow: expected 'close', 'drop-oldest', 'drop-newest' or 'latest', got 'wait'"],
    [{ maxQueuedBytes: 0 }, 'Invalid option maxQueuedBytes: expected a whole number of 1 or more, or Infinity, got 0'],
    [
      { presence: { leaveDelay: -1 } },
      'Invalid option presence.leaveDelay: expected a whole number of 0 to 2147483647',
    ],
    [{ presence: { leaveDelay: 2 ** 31 } }, 'Invalid option presence.leaveDelay: expected a whole number of 0 to'],
    [{ presence: { tell: 'all' } }, "Invalid option presence.tell: expected 'people' or 'counts', got 'all'"],
    [
      { presence: { maxDetailsBytes: 16_385 } },
      'Invalid option presence.maxDetailsBytes: expected a whole number of 0',
    ],
    [{ presence: { leavedelay: 5 } }, 'Unknown option presence.leavedelay: did you mean presence.leaveDelay?'],
  ])('refuses %o', (options, message) => {
    expect(() => hubFor().topic('news', options)).toThrow(message);
  });

  test('rejects null in place of options', () => {
    const message = 'Invalid options: expected an object, got null';
    expect(() => hubFor().topic('news', null as unknown as TopicOptions)).toThrow(new TypeError(message));
  });

  test('treats undefined as the default, in any call', () => {
    const hub = hubFor();
    const topic = hub.topic('news', { slow: undefined, history: { size: undefined, ttl: undefined } } as object);
    expect(topic.options).toMatchObject({ slow: 'close', history: { size: 1_000, ttl: 120_000 } });
    expect(hub.topic('news', { history: true })).toBe(topic);
  });
});

describe('a call of a topic', () => {
  test('rejects unknown options', async () => {
    const topic = hubFor().topic('news', { history: true, presence: true });
    expect(() => topic.publish('1', { exept: openSink() } as object)).toThrow(
      'Unknown option exept: did you mean except?',
    );
    expect(() => topic.publish('1', { key: 7 } as object)).toThrow('Invalid option key: expected a string, got number');
    expect(() => topic.publish('1', null as never)).toThrow('Invalid options: expected an object, got null');
    expect(() => topic.unsubscribe(openSink(), { atonce: true } as object)).toThrow('did you mean atOnce?');
    await expect(topic.subscribe(openSink(), { sinse: 'oldest' } as object)).rejects.toThrow('did you mean since?');
    await expect(topic.subscribe(openSink(), { since: 'newest' } as object)).rejects.toThrow(
      "Invalid option since: expected a position or 'oldest', got string",
    );
    await expect(topic.subscribe(openSink(), { onSubscribed: true } as object)).rejects.toThrow('expected a function');
  });
});
