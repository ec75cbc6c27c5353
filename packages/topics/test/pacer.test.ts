import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NodeLeases } from '../src/people/node-leases.ts';
import { Pacer, type Told } from '../src/people/pacer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A pacer whose items tell what the test says, and what it has run, by time. A turn of the fake clock takes 1 ms. */
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

test('runs what was quiet with the turn, and what changes on and on every 100 ms', () => {
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

test('has nothing rest that had nothing to tell', () => {
  const { pacer, runs } = setUp(() => 'nothing');
  for (const time of [0, 1, 2]) {
    pacer.add('a');
    vi.advanceTimersByTime(1);
    expect(runs.splice(0)).toEqual([`a ${time}`, 'end']);
  }
});

test('gives the others a turn between the pages of one that has many', () => {
  let pages = 3;
  const { pacer, runs } = setUp((item) => (item === 'long' && --pages > 0 ? 'more' : 'whole'));
  pacer.add('long');
  pacer.add('short');
  vi.advanceTimersByTime(50);
  expect(runs).toEqual(['long 0', 'end', 'short 1', 'long 1', 'end', 'long 2', 'end']);
});

test('runs neither what was deleted, nor anything once it is stopped', () => {
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

test('a node that is not heard for more than three beats is gone, and told so once', () => {
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
