import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { publishedFolders } from '../architecture/read-workspace.ts';
import { specifiers } from './entries.ts';
import type { InstalledProject } from './installed-project.ts';
import { echoModule, echoProgram, runNode, writeFiles } from './programs.ts';
import { packingTimeout, sharedProject } from './shared-project.ts';

let project: InstalledProject;
beforeAll(async () => {
  project = await sharedProject();
}, packingTimeout);

describe('a process that loads the packages both ways', () => {
  const stateless = '@turnout/client';

  test('has each class and function once', async () => {
    const names = publishedFolders()
      .flatMap(specifiers)
      .filter((name) => name !== stateless);
    const program = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const different = [];
      for (const name of ${JSON.stringify(names)}) {
        const [module, exports] = [await import(name), require(name)];
        for (const key of Object.keys(exports)) if (module[key] !== exports[key]) different.push(name + ' ' + key);
      }
      console.log(JSON.stringify(different));
    `;
    await writeFiles(project.folder, { 'both/identity.mjs': program });
    expect(JSON.parse(await runNode(project.folder, ['both/identity.mjs']))).toEqual([]);
  });

  test('has one state: an app loaded one way can be attached, and its sockets counted, the other way', async () => {
    const program = `
      import { createServer } from 'node:http';
      import { createRequire } from 'node:module';
      import express from 'express';
      import { turnout } from '@turnout/express';
      import { createHub } from '@turnout/topics';
      import { connect } from '@turnout/core';
      const require = createRequire(import.meta.url);
      const { attach, WebSocket, prepareMessage } = require('@turnout/express');

      const app = turnout(express());
      const hub = createHub();
      app.ws('/news', async (socket) => {
        socket.send(prepareMessage(String(socket instanceof WebSocket)));
        await hub.topic('news').subscribe(socket);
        await hub.topic('news').publish('hello');
      });
      const server = createServer(app);
      attach(server, app);
      server.listen(0, '127.0.0.1', async () => {
        const client = await connect('ws://127.0.0.1:' + server.address().port + '/news');
        console.log(await client.receive(), await client.receive());
        process.exit();
      });
    `;
    await writeFiles(project.folder, { 'both/state.mjs': program });
    expect(await runNode(project.folder, ['both/state.mjs'])).toBe('true hello\n');
  });
});

describe('two copies of core in one project', () => {
  test('work together: a topic publishes to sockets of the other copy', async () => {
    const program = `
      import { realpathSync } from 'node:fs';
      import { createRequire } from 'node:module';
      import { createServer } from 'node:http';
      import { createRouter, WebSocket } from '@turnout/router';
      import { createHub } from '@turnout/topics';
      import { connect, WebSocket as OtherWebSocket } from '@turnout/core';

      const hub = createHub();
      const router = createRouter();
      router.ws('/news', async (socket) => {
        await hub.topic('news').subscribe(socket);
        await hub.topic('news').publish('hello');
      });
      const server = createServer();
      router.attach(server);
      server.listen(0, '127.0.0.1', async () => {
        const client = await connect('ws://127.0.0.1:' + server.address().port + '/news');
        console.log(WebSocket === OtherWebSocket, await client.receive());
        process.exit();
      });
    `;
    for (const name of ['core', 'topics']) {
      const path = join('node_modules/@turnout', name);
      await cp(join(project.folder, path), join(project.folder, 'copies', path), { recursive: true });
    }
    await writeFiles(project.folder, { 'copies/program.mjs': program });
    expect(await runNode(project.folder, ['copies/program.mjs'])).toBe('false hello\n');
  });
});

describe('a program runs', () => {
  const commonJs = `${echoProgram}echo().then(console.log);`;
  const esm = `${echoModule}console.log(await echo());`;

  test.each([
    ['as CommonJS, without require() of ES modules', 'echo.cjs', commonJs, ['--no-experimental-require-module']],
    ['as an ES module', 'echo.mjs', esm, []],
    ['by node:test', 'echo.test.mjs', nodeTest(), ['--test']],
  ])('%s', async (_name, file, text, options) => {
    await writeFiles(project.folder, { [`runs/${file}`]: text });
    expect(await runNode(project.folder, [...options, `runs/${file}`])).toMatch(/^(hello$|.*pass 1$)/m);
  });

  test.each(['cjs', 'esm'] as const)(
    'bundled by esbuild as %s, with one copy of modules that are loaded both ways',
    async (format) => {
      const text = `${echoModule}
      import { WebSocket } from '@turnout/core';
      console.log(WebSocket === require('@turnout/core').WebSocket);
      echo().then(console.log);`;
      await writeFiles(project.folder, { 'bundle/entry.mjs': text });
      const outfile = join(project.folder, 'bundle', `${format}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
      const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;
      buildSync({
        entryPoints: [join(project.folder, 'bundle/entry.mjs')],
        absWorkingDir: project.folder,
        bundle: true,
        platform: 'node',
        format,
        outfile,
        logLevel: 'silent',
        banner: format === 'esm' ? { js: banner } : {},
      });
      expect(await runNode(project.folder, [outfile])).toBe('true\nhello\n');
    },
  );
});

function nodeTest(): string {
  return `${echoModule}
    import test from 'node:test';
    test('echo', async () => { if ((await echo()) !== 'hello') throw new Error('No echo'); });`;
}
