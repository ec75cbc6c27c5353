import { ReadStream } from 'node:fs';
import { sep } from 'node:path';
import { pathOfTarget } from './path-of-target.ts';

/** What may follow the request's path in the path of the file: nothing, `.html`, `/index.html`. */
const fileEnd = /^(\/index)?(\.\w+)*$/i;
const folderIndex = /\/index(\.\w+)+$/i;

/** Extensions of precompressed files. */
const compressed = /\.(br|gz|zst)$/;

/**
 * Another target of the same file, if a stream is the file that a web server finds at a target: `/` and `/folder/` are
 * `index.html` there, `/page` may be `page.html`, and each may be stored compressed. A page that middleware chooses for
 * another reason, such as a login page, does not count.
 *
 * @returns `undefined` for any other body
 */
export function aliasOfFile(stream: unknown, target: string): string | undefined {
  if (!(stream instanceof ReadStream) || typeof stream.path !== 'string') return undefined;
  const file = stream.path.split(sep).join('/').replace(compressed, '');
  const path = decode(pathOfTarget(target)).replace(/\/+$/, '');
  const start = path === '' ? file.search(folderIndex) : file.lastIndexOf(path);
  const end = file.slice(start + path.length);
  return start !== -1 && fileEnd.test(end) ? respell(path + end) + queryOf(target) : undefined;
}

/** Whether a redirect only says that a path is a folder: it leads to the same path with a trailing slash. */
export function isFolderRedirect(status: number, location: unknown, target: string): boolean {
  return status >= 300 && status < 400 && String(location).split('?', 1)[0] === `${pathOfTarget(target)}/`;
}

/** A target below another at which no file exists, so that file middleware finds nothing. */
export function targetWithoutFile(target: string): string {
  return `${pathOfTarget(target).replace(/\/+$/, '')}/upgrade.websocket${queryOf(target)}`;
}

/** The same path in an unusual spelling: a comparison of paths does not match it, a file lookup does. */
function respell(path: string): string {
  const nameStart = path.lastIndexOf('/') + 1;
  const first = Buffer.from(path.slice(nameStart)).toString('hex', 0, 1);
  const rest = encodeURIComponent(path.slice(nameStart + 1));
  return `${encodeURI(path.slice(0, nameStart))}%${first}${rest}`;
}

function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start === -1 ? '' : target.slice(start);
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
