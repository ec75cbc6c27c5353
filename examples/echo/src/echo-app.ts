import { fileURLToPath } from 'node:url';
import { turnout, type WebSocketApp } from '@turnout/express';
import express, { type Express } from 'express';
import helmet from 'helmet';

const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
};

/** Three ways to answer a message, and a page to try them. */
export function createEchoApp(): Express & WebSocketApp {
  const app = turnout(express());
  app.use(helmet({ contentSecurityPolicy, strictTransportSecurity: false }));

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
  return app;
}
