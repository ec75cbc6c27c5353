import { expect, test } from 'vitest';
import { findPhrases } from '../../tools/plain-english.mjs';

test.each([
  'The limit of a message that is none.',
  'It is no WebSocket.',
  'Nobody must wait for it.',
  'A client that comes back.',
  "It can't be read.",
  'Over the limit the socket that holds most is closed.',
  'The peer leaves without a word.',
])('%j is found, with its line and what to write instead', (sentence) => {
  expect(findPhrases(`First line\n${sentence}`)).toMatchObject([{ line: 2, instead: expect.any(String) as string }]);
});

test.each([
  'There is no route.',
  'It is no longer open.',
  'A client that reconnects.',
  'It cannot be read.',
  'It is null if there is none.',
  'There are none.',
  'It is no substitute.',
  'if topic is None:',
  "/NOPERM|The user executing the script can't/",
])('%j is left alone', (sentence) => {
  expect(findPhrases(sentence)).toEqual([]);
});
