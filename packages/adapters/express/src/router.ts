import { installWs } from '@turnout/router/adapter';
import { Router as ExpressRouter } from 'express';
import type { RouterOptions } from 'express';
import type { WsMethod } from './ws-method.ts';

/** An Express router with WebSocket routes; mount it with `app.use('/prefix', router)`. */
export interface WebSocketRouter extends ExpressRouter {
  /** Adds a WebSocket route. */
  readonly ws: WsMethod<this>;
}

/** Creates an Express router with `ws()`. Its sockets belong to the app that it is mounted in. */
export function Router(options?: RouterOptions): WebSocketRouter {
  return installWs<ExpressRouter, WebSocketRouter['ws']>(ExpressRouter(options)) as WebSocketRouter;
}
