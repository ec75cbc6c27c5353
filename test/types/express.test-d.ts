import type { WebSocket } from '@turnout/core';
import { Router, turnout } from '@turnout/express';
import express, { type Express, type Request } from 'express';
import { expectTypeOf, test } from 'vitest';

const app = turnout(express());

test('turnout() keeps the type of the app', () => {
  expectTypeOf(app).toExtend<Express>();
  expectTypeOf(app.sockets).toEqualTypeOf<ReadonlySet<WebSocket>>();
  expectTypeOf(app.close({ code: 1001, timeout: 1 })).toEqualTypeOf<Promise<void>>();
});

test('a handler knows the parameters of its path, and has an Express request', () => {
  app.ws('/rooms/:room/:seat', (socket, request) => {
    expectTypeOf(socket).toEqualTypeOf<WebSocket>();
    expectTypeOf(request.params.room).toEqualTypeOf<string>();
    expectTypeOf(request.params.seat).toEqualTypeOf<string>();
    expectTypeOf(request.query).toEqualTypeOf<Request['query']>();
    // @ts-expect-error the path has no such parameter
    void request.params.door;
  });
});

test("a handler declares the type of its sockets' data", () => {
  app.ws('/rooms/:room', (socket: WebSocket<{ room: string }>, request) => {
    socket.data = { room: request.params.room };
    // @ts-expect-error there is no such thing
    void socket.data.seat;
  });
});

test('options and middleware come before the handler', () => {
  app.ws(
    '/x/:id',
    { maxPayload: 1, protocols: ['a'], origin: ['https://other.example'] },
    (request, response, next) => {
      expectTypeOf(request.params.id).toEqualTypeOf<string>();
      response.status(401);
      next();
    },
    async (socket) => {
      for await (const message of socket) socket.send(message);
    },
  );
  // @ts-expect-error a limit of the handshake is the app's, not a route's
  app.ws('/x', { maxHeaders: 1 }, () => {});
  // @ts-expect-error there is no handler
  app.ws('/x');
  // @ts-expect-error no such rule
  turnout(express(), { origin: 'everywhere' });
});

test('Router() has ws() too, and is a router of Express', () => {
  const router = Router({ mergeParams: true });
  router.ws('/:room', (_socket, request) => expectTypeOf(request.params.room).toEqualTypeOf<string>());
  app.use('/rooms', router);
});
