import { deepStrictEqual, strictEqual } from 'node:assert';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stage, StageCases } from '../stage.ts';

async function makeFolder(stage: Stage): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'turnout-files-'));
  stage.onEnd(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'chat'));
  for (const name of ['index.html', 'feed', 'chat/index.html']) await writeFile(join(folder, name), `file ${name}`);
  return folder;
}

/** File-serving middleware in front of the routes. */
export const fileCases: StageCases = {
  async 'middleware that serves files does not answer an upgrade, and serves its files'(stage) {
    const folder = await makeFolder(stage);
    const paths = ['/', '/feed', '/chat'];
    const { app, open, get } = await stage.serve(({ use, serveFiles, ws }) => {
      use(({ setHeader }) => setHeader('X-App', 'yes'));
      serveFiles?.(folder);
      for (const path of paths) ws(path, { handler: (socket) => void socket.send(path) });
    });
    for (const path of paths) {
      const { next, headers } = await open(path);
      deepStrictEqual([await next(), headers['x-app']], [path, 'yes']);
      for (const name of ['etag', 'last-modified', 'location']) strictEqual(headers[name], undefined, name);
    }
    if (app.serveFiles !== undefined) strictEqual((await get('/feed')).body, 'file feed');
  },
};
