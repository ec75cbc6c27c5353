/** Application code for packages that need no types of a framework. */
export const plainProgram = `
import { createServer } from 'node:http';
import { once, type EventEmitter } from 'node:events';
import { connect, SendError } from '@turnout/core';
import { CloseCode, createRouter, prepareMessage, type WebSocket } from '@turnout/router';
import { WebSocketRoute } from '@turnout/router/adapter';
import { createHub } from '@turnout/topics';
import { AskError, InvalidMessage, defineMessages } from '@turnout/messages';
import { createClient } from '@turnout/client';
import { connectTo } from '@turnout/testing';

const router = createRouter();
const hub = createHub();
async function join(socket: WebSocket): Promise<void> {
  const emitter: EventEmitter = socket;
  await once(emitter, 'drain');
  await once(socket, 'drain');
  await hub.topic('news').subscribe(socket);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.once('close', (code) => console.log(code === CloseCode.Normal));
  socket.addEventListener('close', ({ code }) => console.log(code));
  socket.send(prepareMessage('x'), (error) => console.log(error instanceof SendError && error.code));
}
router.ws('/rooms/:room', join);
export const server = createServer();
router.attach(server);
export const all = [connect, WebSocketRoute, AskError, InvalidMessage, defineMessages, createClient, connectTo];
`;

/** Application code of a project with one adapter. */
export const expressProgram = `
import express = require('express');
import type { Request } from 'express';
import { CloseCode, Router, prepareMessage, turnout } from '@turnout/express';
import type { PreparedMessage, RouteOptions, SendOptions, WebSocket } from '@turnout/express';
import expressWs = require('@turnout/express/express-ws');

const news: PreparedMessage = prepareMessage('news');
const options: RouteOptions<Request> = { maxPayload: 100, perMessageDeflate: true };
const once: SendOptions = { compress: false };
export const app = turnout(express());
const join = (socket: WebSocket, request: Request): void => {
  socket.send(news);
  socket.send(String(request.params['room']), once);
  socket.close(CloseCode.Normal);
};
app.ws('/rooms/:room', options, join);
app.ws('/greet', join);
const rooms = Router();
rooms.ws('/:room', join);
app.use('/more', rooms);
export const other = expressWs;
`;

export const expressModule = expressProgram
  .replace("import express = require('express')", "import express from 'express'")
  .replace('import expressWs = require(', 'import * as expressWs from ')
  .replace("express-ws');", "express-ws';");

export const frameworksModule = `
import Koa from 'koa';
import Fastify from 'fastify';
import * as koa from '@turnout/koa';
import * as fastify from '@turnout/fastify';
import { connectRedis } from '@turnout/redis';

const app = koa.turnout(new Koa());
app.ws('/rooms/:room', (socket: koa.WebSocket, context) => void socket.send(context.params.room));
const server = Fastify();
server.register(fastify.turnout);
server.after(() => {
  server.ws('/rooms/:room', (socket: fastify.WebSocket, request) => void socket.send(request.params.room));
});
export const all = [app, server, connectRedis];
`;

export const natsModule = `
import { connectNats } from '@turnout/nats';
export const connecting = connectNats({ servers: 'nats://127.0.0.1' });
`;

export interface Compilation {
  readonly module: string;
  readonly resolution: string;
  readonly type: 'module' | 'commonjs';
}

export const nodenext: Compilation = { module: 'nodenext', resolution: 'nodenext', type: 'module' };
export const node16: Compilation = { module: 'node16', resolution: 'node16', type: 'commonjs' };
export const bundler: Compilation = { module: 'preserve', resolution: 'bundler', type: 'module' };
/** As TypeScript 5 resolves by default with \`module: commonjs\`; 6 and 7 no longer support it. */
export const node10: Compilation = { module: 'commonjs', resolution: 'node10', type: 'commonjs' };
export const commonjs: Compilation = { module: 'commonjs', resolution: 'bundler', type: 'commonjs' };

export function tsconfig({ module, resolution }: Compilation, nodeTypes = 'node'): string {
  return JSON.stringify({
    compilerOptions: {
      module,
      moduleResolution: resolution,
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      esModuleInterop: true,
      skipLibCheck: false,
      noEmit: true,
      types: [nodeTypes],
    },
    include: ['*.ts'],
  });
}
