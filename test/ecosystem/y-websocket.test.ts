import { setupWSConnection } from '@y/websocket-server/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { serveApp, type AppServer } from './app-server.ts';

let server: AppServer;
const providers: WebsocketProvider[] = [];
beforeAll(async () => {
  server = await serveApp((app) => {
    app.ws('/edit/:document', (socket, request) => {
      setupWSConnection(socket as unknown as WsClient, request, { docName: request.params.document });
    });
  });
});
afterAll(async () => {
  for (const provider of providers) provider.destroy();
  await server.stop();
});

/** An editor with the library's own client. */
function openEditor(): { text: Y.Text; provider: WebsocketProvider } {
  const document = new Y.Doc();
  const provider = new WebsocketProvider(`${server.url}/edit`, 'minutes', document, {
    WebSocketPolyfill: WsClient as unknown as typeof globalThis.WebSocket,
    // Else clients of one process speak to each other past the server.
    disableBc: true,
  });
  providers.push(provider);
  return { text: document.getText('body'), provider };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test('two editors of y-websocket see each other’s edits and cursors over app.ws', async () => {
  const ann = openEditor();
  ann.text.insert(0, 'Hello');
  await until(() => ann.provider.synced);
  const bob = openEditor();
  await until(() => bob.text.toJSON() === 'Hello');
  bob.text.insert(5, ', world 👋');
  ann.text.insert(0, '> ');
  const merged = '> Hello, world 👋';
  await until(() => ann.text.toJSON() === merged && bob.text.toJSON() === merged);

  ann.provider.awareness.setLocalStateField('user', { name: 'Ann' });
  await until(() => [...bob.provider.awareness.getStates().values()].some(({ user }) => user?.name === 'Ann'));
  ann.provider.disconnect();
  await until(() => ![...bob.provider.awareness.getStates().values()].some(({ user }) => user?.name === 'Ann'));
  expect(bob.text.toJSON()).toBe(merged);
});
