import { describe, expect, test } from 'vitest';
import { listIncludes, parseHeaderList } from '../../src/handshake/header-list.ts';
import { refusalOf } from './refusal.ts';

const limits = { maxListLength: 20, maxListItems: 3 };
const parse = (...values: string[]): string[] =>
  parseHeaderList(values, {
    header: 'X-List',
    code: 'WS_ERR_HANDSHAKE_LIST',
    limits,
    takeItem: (scanner) => scanner.takeToken() || null,
  });

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
  ])('reads %j as %j', (values, items) => {
    expect(parse(...values)).toEqual(items);
  });

  test.each([
    [['']],
    [[' ']],
    [[',']],
    [['a,']],
    [[',a']],
    [['a,,b']],
    [['a', '']],
    [['a b']],
    [['a;b']],
    [['\u00e9']],
  ])('refuses %j as malformed', (values) => {
    expect(refusalOf(() => parse(...values))).toMatchObject({
      status: 400,
      code: 'WS_ERR_HANDSHAKE_LIST',
      message: 'X-List is malformed: see RFC 6455 section 4.3',
    });
  });

  test('takes exactly maxListLength bytes, all fields together, and refuses one more', () => {
    expect(parse('a'.repeat(20))).toHaveLength(1);
    expect(parse('a'.repeat(9), 'b'.repeat(9))).toHaveLength(2);
    const message = 'X-List has 21 bytes, more than 20 (maxListLength)';
    expect(refusalOf(() => parse('a'.repeat(21))).message).toBe(message);
    expect(refusalOf(() => parse('a'.repeat(9), 'b'.repeat(10))).message).toBe(message);
  });

  test('takes exactly maxListItems elements and refuses one more', () => {
    expect(parse('a,b,c')).toHaveLength(3);
    expect(refusalOf(() => parse('a,b', 'c,d')).message).toBe('X-List has more than 3 elements (maxListItems)');
  });
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
