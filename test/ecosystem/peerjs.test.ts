import { createWebSocketServer, turnout } from '@turnout/express';
import { connect } from '@turnout/core';
import express from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attach } from '@turnout/express';
import { ExpressPeerServer } from 'peer';
import { expect, onTestFinished, test } from 'vitest';

test('a PeerJS server brokers between two peers over a route', async () => {
  const connections = createWebSocketServer();
  const app = turnout(express());
  const server = createServer(app);
  attach(server, app);
  const peers = ExpressPeerServer(server, { path: '/', createWebSocketServer: () => connections as never });
  app.use('/signal', peers as never);
  app.ws('/signal/peerjs', connections.handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    await app.close({ timeout: 1_000 });
    server.closeAllConnections();
    server.close();
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/signal/peerjs?key=peerjs`;
  const [ann, bob] = [await connect(`${url}&id=ann&token=1`), await connect(`${url}&id=bob&token=2`)];
  for (const peer of [ann, bob]) expect(JSON.parse(String(await peer.receive()))).toEqual({ type: 'OPEN' });
  ann.send(JSON.stringify({ type: 'OFFER', dst: 'bob', payload: 'an offer' }));
  expect(JSON.parse(String(await bob.receive()))).toEqual({
    type: 'OFFER',
    src: 'ann',
    dst: 'bob',
    payload: 'an offer',
  });
  const stranger = await connect(url);
  expect(JSON.parse(String(await stranger.receive()))).toMatchObject({ type: 'ERROR' });
  await stranger.closed;
  for (const peer of [ann, bob]) peer.terminate();
});
