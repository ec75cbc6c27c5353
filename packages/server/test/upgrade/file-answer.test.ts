import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { aliasOfFile, isFolderRedirect, targetWithoutFile } from '../../src/upgrade/file-answer.ts';

/** A stream of a file that need not exist. */
function fileAt(path: string | Buffer): NodeJS.ReadableStream {
  return createReadStream(path).on('error', () => {});
}

const root = join('/', 'srv', 'public');

test.each([
  ['/', 'index.html', '/%69ndex.html'],
  ['/?x=/1', 'index.html', '/%69ndex.html?x=/1'],
  ['http://good.test/', 'INDEX.HTM', '/%49NDEX.HTM'],
  ['/feed', 'feed', '/%66eed'],
  ['/feed', 'feed.html', '/%66eed.html'],
  ['/%66eed', 'feed', '/%66eed'],
  ['/a/feed.js', 'a/feed.js', '/a/%66eed.js'],
  ['/a/feed.js', 'a/feed.js.br', '/a/%66eed.js'],
  ['/chat', 'chat/index.html', '/chat/%69ndex.html'],
  ['/chat/', 'chat/index.html.gz', '/chat/%69ndex.html'],
  ['/a%20b/c', 'a b/c', '/a%20b/%63'],
  ['/%zz', '%zz', '/%25zz'],
])('the target %s may be the file %s, whose alias is %s', (target, file, alias) => {
  expect(aliasOfFile(fileAt(join(root, file)), target)).toBe(alias);
});

test.each([
  ['/', 'login.html'],
  ['/', 'chat/login.html'],
  ['/chat', 'login.html'],
  ['/chat', 'chat/login.html'],
  ['/chat', 'chat-of-others.html'],
  ['/chat/', 'index.html'],
  ['/chat', 'chat/rooms/index.html'],
])('the target %s is not the file %s', (target, file) => {
  expect(aliasOfFile(fileAt(join(root, file)), target)).toBeUndefined();
});

test('a body that is not a file, or is a file without a name, has no alias', () => {
  expect(aliasOfFile(new PassThrough(), '/')).toBeUndefined();
  expect(aliasOfFile('text', '/')).toBeUndefined();
  expect(aliasOfFile(undefined, '/')).toBeUndefined();
  expect(aliasOfFile(fileAt(Buffer.from('/srv/index.html')), '/')).toBeUndefined();
});

test.each([
  [301, '/chat/', '/chat', true],
  [308, '/chat/?x', '/chat?x', true],
  [302, '/chat/', 'http://good.test/chat', true],
  [301, '/login', '/chat', false],
  [301, 'https://good.test/chat/', '/chat', false],
  [301, undefined, '/chat', false],
  [200, '/chat/', '/chat', false],
  [404, '/chat/', '/chat', false],
])('a %i to %s is a folder redirect of %s: %s', (status, location, target, expected) => {
  expect(isFolderRedirect(status, location, target)).toBe(expected);
});

test.each([
  ['/', '/upgrade.websocket'],
  ['/chat', '/chat/upgrade.websocket'],
  ['/chat/?x=1', '/chat/upgrade.websocket?x=1'],
  ['http://good.test/chat', '/chat/upgrade.websocket'],
])('the target without a file below %s is %s', (target, expected) => {
  expect(targetWithoutFile(target)).toBe(expected);
});
