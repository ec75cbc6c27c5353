import { describe, expect, test } from 'vitest';
import { listIncludes, listLength, parseHeaderList } from '../../src/handshake/header-list.ts';

const parse = (...values: string[]): string[] | null =>
  parseHeaderList(values, (scanner) => scanner.takeToken() || null);

describe('parseHeaderList', () => {
  test.each([
    [[], []],
    [['a'], ['a']],
    [['a,b'], ['a', 'b']],
    [['\t a \t,\tb '], ['a', 'b']],
    [
      ['a, b', 'c'],
      ['a', 'b', 'c'],
    ],
    // A recipient ignores empty elements (RFC 9110 §5.6.1.2).
    [[''], []],
    [[' \t'], []],
    [[',, ,'], []],
    [['a,'], ['a']],
    [[',a'], ['a']],
    [['a, ,\t,b'], ['a', 'b']],
    [['a', ''], ['a']],
    [
      ['', 'a', ' ', 'b,'],
      ['a', 'b'],
    ],
    [[`${','.repeat(8000)}a`], ['a']],
  ])('reads %j as %j', (values, items) => {
    expect(parse(...values)).toEqual(items);
  });

  test.each([[['a b']], [['a;b']], [['\u00e9']], [['a,"b"']], [['a', 'b c']]])('cannot read %j', (values) => {
    expect(parse(...values)).toBeNull();
  });
});

test('listLength counts the bytes of all fields, and of their separators', () => {
  expect(listLength([])).toBe(0);
  expect(listLength(['\u00e9'])).toBe(1);
  expect(listLength(['a'.repeat(9), 'b'.repeat(9)])).toBe(20);
});

describe('listIncludes (RFC 9110 §7.6.1, §7.8)', () => {
  test.each([
    [['websocket'], true],
    [['WebSocket'], true],
    [[' \twebsocket\t '], true],
    [['h2c, websocket'], true],
    [['h2c', 'websocket'], true],
    [['h2c/2.0, websocket'], true],
    [[', ,websocket,,'], true],
    [[], false],
    [[''], false],
    [['notwebsocket'], false],
    [['websockets'], false],
    [['websocket/13'], false],
    [['web socket'], false],
    [['"websocket"'], false],
    [['"a, websocket, b"'], false],
    [['websocket, @'], false],
    [['websocket, /1'], false],
    [['websocket, h2c/'], false],
    [['websocket;q=1'], false],
  ])('of %j is %s', (values, expected) => {
    expect(listIncludes(values, 'websocket')).toBe(expected);
  });
});
