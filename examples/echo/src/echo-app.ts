import { fileURLToPath } from 'node:url';
import { securityHeaders, type Example } from '@turnout/example-host';
import { turnout } from '@turnout/express';
import express from 'express';

/** Three ways to answer a message, and a page to try them. */
export function createEchoApp(): Example {
  const app = turnout(express());
  app.use(securityHeaders());

  app.ws('/echo', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });

  app.ws('/upper', async (socket) => {
    for await (const message of socket) {
      socket.send(typeof message === 'string' ? message.toUpperCase() : message);
    }
  });

  app.ws('/reply', async (socket) => {
    for (let message = await socket.receive(); message !== null; message = await socket.receive()) {
      socket.send(`Server received: ${message.toString()}`);
    }
  });

  app.use(express.static(fileURLToPath(new URL('../public', import.meta.url))));
  return { app, dispose: () => undefined };
}
