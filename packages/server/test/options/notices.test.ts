import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Notices } from '../../src/options/notices.ts';
import { createRouter } from '@turnout/test-kit/serve-router';

const page = '; see docs/it-does-not-connect.md';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('notices', () => {
  test('are reported once per kind and minute', () => {
    const lines: string[] = [];
    let now = 0;
    const notices = new Notices(
      (line) => lines.push(line),
      () => now,
    );
    for (const [time, kind] of [
      [0, 'a'],
      [1, 'a'],
      [1, 'b'],
      [59_999, 'a'],
      [60_000, 'a'],
      [60_001, 'b'],
    ] as const) {
      now = time;
      notices.tell(kind, () => `${kind} at ${time}`);
    }
    expect(lines).toEqual(['a at 0', 'b at 1', 'a at 60000', 'b at 60001'].map((line) => `turnout: ${line}${page}`));
  });

  test('go to console.warn by default, even if it is replaced later', () => {
    const notices = new Notices(undefined);
    const other = vi.spyOn(console, 'warn').mockImplementation(() => {});
    notices.tell('a', () => 'a line');
    expect([notices.isOn, other.mock.calls]).toEqual([true, [[`turnout: a line${page}`]]]);
  });

  test('go nowhere in production, unless the option is a function', () => {
    vi.stubEnv('NODE_ENV', 'production');
    const lines: string[] = [];
    for (const notices of [new Notices(undefined), new Notices((line) => lines.push(line))]) {
      notices.tell('a', () => 'a line');
    }
    expect(console.warn).not.toHaveBeenCalled();
    expect(lines).toHaveLength(1);
  });

  test('go nowhere if the option is false, and are not even composed', () => {
    const notices = new Notices(false);
    const describeIt = vi.fn<() => string>();
    notices.tell('a', describeIt);
    expect([notices.isOn, describeIt.mock.calls]).toEqual([false, []]);
  });

  test('are one line of limited length without control characters, whatever a client sends', () => {
    const lines: string[] = [];
    const notices = new Notices((line) => lines.push(line));
    notices.tell('a', () => '/x\u001b[31m\u009b2J\n\r\tcafé \u202e');
    notices.tell('b', () => 'x'.repeat(10_000));
    expect(lines[0]).toBe(`turnout: /x\uFFFD[31m\uFFFD2J café \uFFFD${page}`);
    expect(lines[1]).toHaveLength('turnout: '.length + 601 + page.length);
  });

  test('do no harm if their function throws', () => {
    const error = new Error('no log');
    const notices = new Notices(() => {
      throw error;
    });
    notices.tell('a', () => 'a line');
    expect(vi.mocked(console.error).mock.calls).toEqual([[error]]);
  });
});

test.each([
  [true, 'true'],
  ['all', 'string'],
  [null, 'object'],
])('the option warn refuses %j', (warn, got) => {
  expect(() => createRouter({ warn: warn as never })).toThrow(
    new TypeError(`Invalid option warn: expected false or a function, got ${got}`),
  );
});
