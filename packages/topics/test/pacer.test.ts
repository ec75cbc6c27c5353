import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NodeLeases } from '../src/people/node-leases.ts';
import { Pacer, type Told } from '../src/people/pacer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A pacer whose items return what the test says, and its runs by time. A turn of the fake clock takes 1 ms. */
function setUp(told: (item: string) => Told = () => 'whole'): { pacer: Pacer<string>; runs: string[] } {
  const runs: string[] = [];
  const start = performance.now();
  const pacer = new Pacer<string>(
    (item) => {
      runs.push(`${item} ${Math.round(performance.now() - start)}`);
      return told(item);
    },
    () => runs.push('end'),
  );
  return { pacer, runs };
}

test('runs a quiet item within the turn, and one that keeps changing every 100 ms', () => {
  const { pacer, runs } = setUp();
  pacer.add('a');
  pacer.add('a');
  pacer.add('b');
  expect(runs).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(runs.splice(0)).toEqual(['a 0', 'b 0', 'end']);
  for (let time = 1; time < 250; time += 10) {
    pacer.add('a');
    vi.advanceTimersByTime(10);
  }
  expect(runs.splice(0)).toEqual(['a 101', 'end', 'a 202', 'end']);
  vi.advanceTimersByTime(1_000);
  expect(runs.splice(0)).toEqual(['a 303', 'end']);
  expect(vi.getTimerCount()).toBe(0);
  pacer.add('a');
  vi.advanceTimersByTime(1);
  expect(runs).toEqual(['a 1251', 'end']);
});

test('does not delay an item that had nothing to send', () => {
  const { pacer, runs } = setUp(() => 'nothing');
  for (const time of [0, 1, 2]) {
    pacer.add('a');
    vi.advanceTimersByTime(1);
    expect(runs.splice(0)).toEqual([`a ${time}`, 'end']);
  }
});

test('serves the others between the pages of a long item', () => {
  let pages = 3;
  const { pacer, runs } = setUp((item) => (item === 'long' && --pages > 0 ? 'more' : 'whole'));
  pacer.add('long');
  pacer.add('short');
  vi.advanceTimersByTime(50);
  expect(runs).toEqual(['long 0', 'end', 'short 1', 'long 1', 'end', 'long 2', 'end']);
});

test('runs no deleted item, and nothing after it is stopped', () => {
  const { pacer, runs } = setUp();
  pacer.add('a');
  pacer.add('b');
  pacer.delete('a');
  vi.advanceTimersByTime(1);
  pacer.add('b');
  pacer.add('c');
  pacer.stop();
  vi.advanceTimersByTime(1_000);
  expect(runs).toEqual(['b 0', 'end']);
});

test('a node that is silent for more than three beats is gone, and is reported once', () => {
  const leases = new NodeLeases();
  leases.hear('a');
  leases.hear('b');
  leases.hear('c');
  leases.end('c');
  expect([leases.beat(), leases.beat()]).toEqual([[], []]);
  leases.hear('a');
  expect([leases.beat(), leases.beat(), leases.beat(), leases.beat()]).toEqual([[], ['b'], [], ['a']]);
  leases.hear('a');
  leases.clear();
  for (let beat = 0; beat < 10; beat++) expect(leases.beat()).toEqual([]);
});
