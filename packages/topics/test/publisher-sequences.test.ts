import { describe, expect, test } from 'vitest';
import { PublisherSequences } from '../src/feed/publisher-sequences.ts';

const message = (origin: string, sequence: number) => ({ origin, sequence, key: '', data: '' });

describe('the sequences of publishers', () => {
  test('are kept of one that goes on, however many others come by', () => {
    const sequences = new PublisherSequences();
    sequences.note(message('busy', 1));
    for (let index = 0; index < 5_000; index++) {
      sequences.note(message(`passer-by ${index}`, 1));
      if (index % 500 === 0) sequences.note(message('busy', 2 + index / 500));
    }
    expect(sequences.note(message('busy', 13))).toBe('after-gap');
    expect(sequences.note(message('busy', 3))).toBe('duplicate');
  });

  test('are forgotten of who has not been heard of for long', () => {
    const sequences = new PublisherSequences();
    sequences.note(message('once', 1));
    for (let index = 0; index < 1_024; index++) sequences.note(message(`passer-by ${index}`, 1));
    expect(sequences.has('once')).toBe(false);
  });

  test('are none of a publisher that does not count', () => {
    const sequences = new PublisherSequences();
    for (let index = 0; index < 5_000; index++) expect(sequences.note(message('outside', 0))).toBe('next');
    expect(sequences.has('outside')).toBe(false);
  });
});
