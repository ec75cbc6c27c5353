import { describe, expect, test } from 'vitest';
import { PublisherSequences } from '../src/feed/publisher-sequences.ts';

const message = (origin: string, sequence: number) => ({ origin, sequence, key: '', data: '' });

describe('the sequences of publishers', () => {
  test('are remembered for an active publisher, however many others appear', () => {
    const sequences = new PublisherSequences();
    sequences.note(message('busy', 1));
    for (let index = 0; index < 5_000; index++) {
      sequences.note(message(`passer-by ${index}`, 1));
      if (index % 500 === 0) sequences.note(message('busy', 2 + index / 500));
    }
    expect(sequences.note(message('busy', 13))).toBe('after-gap');
    expect(sequences.note(message('busy', 3))).toBe('duplicate');
  });

  test('are forgotten for a publisher that has long been silent', () => {
    const sequences = new PublisherSequences();
    sequences.note(message('once', 1));
    for (let index = 0; index < 1_024; index++) sequences.note(message(`passer-by ${index}`, 1));
    expect(sequences.has('once')).toBe(false);
  });

  test('do not exist for a publisher without numbers', () => {
    const sequences = new PublisherSequences();
    for (let index = 0; index < 5_000; index++) expect(sequences.note(message('outside', 0))).toBe('next');
    expect(sequences.has('outside')).toBe(false);
  });

  describe('after a mark, which stands for messages that failed or may arrive late,', () => {
    const mark = (lowest: number, sequence: number) =>
      ({ ...message('node', sequence), data: String(lowest), mark: true }) as const;
    const notes = (sequences: PublisherSequences, ...numbers: readonly number[]) =>
      numbers.map((sequence) => sequences.note(message('node', sequence)));

    test.each([
      ['far behind', 1_210],
      ['near', 20],
    ])('include those of late messages, and nothing was forged: %s', (_, last) => {
      for (const isKnown of [true, false]) {
        const sequences = new PublisherSequences();
        if (isKnown) for (let sequence = 1; sequence <= 10; sequence++) sequences.note(message('node', sequence));
        expect(sequences.note(mark(11, last))).toBe('after-gap');
        expect(notes(sequences, 11, 12, 13, 14, 15, last + 1, last + 2)).toEqual(Array(7).fill('next'));
        expect(notes(sequences, 12, 15)).toEqual(['duplicate', 'duplicate']);
      }
    });

    test('continue without a second gap, and a later missing message is a gap', () => {
      const sequences = new PublisherSequences();
      sequences.note(message('node', 1));
      expect(sequences.note(mark(2, 500))).toBe('after-gap');
      expect(sequences.note(mark(2, 500))).toBe('duplicate');
      expect(notes(sequences, 501, 502, 504)).toEqual(['next', 'next', 'after-gap']);
    });

    test('show a gap although a forged mark has hidden another', () => {
      const sequences = new PublisherSequences();
      sequences.note(message('node', 1));
      expect(sequences.note(mark(2, 1_000_000))).toBe('after-gap');
      expect(notes(sequences, 2, 4, 6)).toEqual(['next', 'next', 'after-gap']);
    });
  });
});
