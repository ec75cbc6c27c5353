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
    // Otherwise clients of one process communicate without the server.
    disableBc: true,
  });
  providers.push(provider);
  return { text: document.getText('body'), provider };
}

test('two editors of y-websocket see each other’s edits and cursors over app.ws', async () => {
  const ann = openEditor();
  ann.text.insert(0, 'Hello');
  await expect.poll(() => ann.provider.synced).toBe(true);
  const bob = openEditor();
  await expect.poll(() => bob.text.toJSON()).toBe('Hello');
  bob.text.insert(5, ', world 👋');
  ann.text.insert(0, '> ');
  const merged = '> Hello, world 👋';
  await expect.poll(() => [ann.text.toJSON(), bob.text.toJSON()]).toEqual([merged, merged]);

  ann.provider.awareness.setLocalStateField('user', { name: 'Ann' });
  await expect
    .poll(() => [...bob.provider.awareness.getStates().values()].some(({ user }) => user?.name === 'Ann'))
    .toBe(true);
  ann.provider.disconnect();
  await expect
    .poll(() => [...bob.provider.awareness.getStates().values()].some(({ user }) => user?.name === 'Ann'))
    .toBe(false);
  expect(bob.text.toJSON()).toBe(merged);
});
