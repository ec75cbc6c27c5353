import { connect } from '@turnout/core';
import { serveRouter } from '@turnout/test-kit/serve-router';
import { describe, expect, test } from 'vitest';
import { createRouter } from '../../src/index.ts';

describe('ws()', () => {
  const router = createRouter();
  const noop = (): void => {};

  test.each<[string, unknown[], string]>([
    ['no handler', [], 'Invalid handler of WebSocket route /a: expected a function, got none'],
    ['options alone', [{}], 'Invalid handler of WebSocket route /a: expected a function, got none'],
    ['a string', ['x'], 'Invalid handler of WebSocket route /a: expected a function, got string'],
    ['undefined', [noop, undefined], 'Invalid handler of WebSocket route /a: expected a function, got undefined'],
    [
      'options in the middle',
      [noop, {}, noop],
      'Invalid handler of WebSocket route /a: expected a function, got object',
    ],
    ['an invalid limit', [{ maxPayload: '1mb' }, noop], 'Invalid option maxPayload: expected a number, got string'],
    [
      'invalid protocols',
      [{ protocols: 'chat' }, noop],
      'Invalid option protocols: expected a list or a function, got string',
    ],
    [
      'an invalid origin',
      [{ origin: '*' }, noop],
      "Invalid option origin: expected 'same-origin', 'any', a list or a function, got string",
    ],
  ])('refuses %s at registration', (_name, args, message) => {
    expect(() => Reflect.apply(router.ws as (...args: unknown[]) => unknown, router, ['/a', ...args])).toThrow(
      new TypeError(message),
    );
    expect(router.stack).toEqual([]);
  });

  test('refuses a path with too many optional parts', () => {
    const path = `/${'abcdefghijklmnop'
      .split('')
      .map((name) => `{${name}}`)
      .join('')}:z`;
    expect(() => createRouter().ws(path, noop)).toThrow(/combinations/);
  });

  test('accepts lists of middleware, paths and regular expressions as get() does, and can be chained', async () => {
    const order: number[] = [];
    const step =
      (number: number) =>
      (_request: unknown, _response: unknown, next: () => void): void => {
        order.push(number);
        next();
      };
    const { url } = await serveRouter((app) => {
      app
        .ws(['/a', /^\/b\d$/], [step(1), [step(2)]], step(3), (socket) => socket.send('first'))
        .ws('/c', {}, step(4), (socket) => socket.send('second'));
    });
    for (const [path, text] of [
      ['/a', 'first'],
      ['/b7', 'first'],
      ['/c', 'second'],
    ]) {
      const socket = await connect(url + path!);
      expect(await socket.receive()).toBe(text);
      socket.terminate();
    }
    expect(order).toEqual([1, 2, 3, 1, 2, 3, 4]);
  });
});
