import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Writes files below a folder, by their paths. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/**
 * Runs Node.js in a folder, without the test run's options, such as conditions, and resolves with its output. Rejects
 * with the whole output if the program fails.
 */
export async function runNode(folder: string, parameters: readonly string[]): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '', VITEST: undefined, NODE_ENV: undefined, CI: undefined };
  try {
    const { stdout } = await execute(process.execPath, parameters, { cwd: folder, env, maxBuffer: 2 ** 24 });
    return stdout;
  } catch (error) {
    const { message, stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message.slice(0, 500)}\n${stdout.slice(0, 10_000)}\n${stderr.slice(0, 10_000)}`, {
      cause: error,
    });
  }
}

/** A server and its client, in CommonJS; prints `hello` once the echo arrives, and ends. */
export const echoProgram = `
const { createServer } = require('node:http');
const express = require('express');
const { turnout, attach, prepareMessage, CloseCode } = require('@turnout/express');
const { connect } = require('@turnout/core');

async function echo() {
  const app = turnout(express());
  app.ws('/echo', (socket) => socket.on('message', (data) => socket.send(prepareMessage(String(data)))));
  const server = createServer(app);
  attach(server, app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await connect('ws://127.0.0.1:' + server.address().port + '/echo');
  client.send('hello');
  const answer = await client.receive();
  client.close(CloseCode.Normal);
  await app.close({ timeout: 0 });
  server.close();
  server.closeAllConnections();
  return answer;
}
`;

/** The same as an ES module. */
export const echoModule = echoProgram.replace(
  /^const (.*) = require\((.*)\);$/gm,
  (_line, names: string, name: string) => `import ${names} from ${name};`,
);
