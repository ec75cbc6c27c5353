import { fileURLToPath } from 'node:url';
import {
  answerFailure,
  pageTemplates,
  RateLimit,
  requireSocketLogin,
  securityHeaders,
  sessionsIn,
  sharedAssets,
  type Example,
  type RateLimitOptions,
} from '@turnout/example-host';
import { turnout } from '@turnout/express';
import express, { type RequestHandler } from 'express';
import { benchRoutes } from './bench.ts';
import { maxText } from './chat-message.ts';
import { chatOver } from './chat-socket.ts';
import { loginRoutes, requirePageLogin } from './login.ts';
import { isRoomName, Rooms } from './rooms.ts';
import type { Storage } from './storage.ts';

export interface ChatOptions {
  /** The storage of lines and sessions; closed with the app. */
  readonly storage: Storage;
  /** How long, in ms, a disconnected person still counts as present. Default 3000. */
  readonly farewellDelay?: number | undefined;
  /** How fast one person may write, in all rooms together. Default: 10 messages at once, and one per second. */
  readonly messageRate?: Pick<RateLimitOptions, 'burst' | 'perSecond'> | undefined;
  /** Whether the app is behind a proxy on this machine. Default `false`. */
  readonly trustProxy?: boolean | undefined;
}

const defaultRate = { burst: 10, perSecond: 1 };

/** How many pages one user may have open. */
const maxPages = 50;

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const requireRoomName: RequestHandler<{ room: string }> = (request, response, next) => {
  if (isRoomName(request.params.room)) return next();
  return response.status(404).type('text').send('A room has a name of 1 to 32 letters, digits, - and _\n');
};

/** The chat: pages and the `/chat/:room` WebSocket on one Express app. */
export function createChatApp(options: ChatOptions): Example {
  const { storage, farewellDelay = 3_000, messageRate = defaultRate, trustProxy = false } = options;
  const { history } = storage;
  const rooms = new Rooms({ hub: storage.hub, arrivals: storage.arrivals, farewellDelay });

  const app = turnout(express(), {
    user: ({ session }) => session?.chatter?.id,
    maxConnectionsPerUser: maxPages,
  });
  if (trustProxy) app.set('trust proxy', 'loopback');
  pageTemplates(app, folder('views'));
  app.use(benchRoutes());
  app.use(securityHeaders());
  app.use('/assets', express.static(folder('public')), sharedAssets());
  app.use(sessionsIn({ name: 'turnout.chat', secret: storage.secret, store: storage.sessions }));

  app.use(loginRoutes());
  app.get('/', requirePageLogin, async (request, response) => {
    response.render('rooms', { rooms: await history.rooms(), you: request.session.chatter });
  });
  app.get('/rooms', ({ query: { room } }, response) => {
    if (isRoomName(room)) response.redirect(`/chat/${encodeURIComponent(room)}`);
    else response.redirect('/');
  });
  app.get('/chat/:room', requireRoomName, requirePageLogin, async (request, response) => {
    const { room } = request.params;
    const lines = await history.after(room, 0);
    const people = rooms.peopleIn(room);
    response.render('room', { room, lines, people, you: request.session.chatter, maxText });
  });
  // For a page that was disconnected for longer than the topic's history, or has just been loaded. A page that has
  // fewer than all stored lines may have missed lines that are no longer stored.
  app.get('/chat/:room/lines', requireRoomName, requirePageLogin, async ({ params, query }, response) => {
    const all = await history.after(params.room, 0);
    const lines = all.filter(({ id }) => id > Number(query['after'] ?? 0));
    response.json({ lines, isAll: lines.length === all.length });
  });
  // The longest text in JSON, with every character escaped; only a client that sends far more is disconnected (1009).
  app.ws(
    '/chat/:room',
    { maxPayload: 8 * maxText },
    requireRoomName,
    requireSocketLogin('chatter'),
    chatOver({ rooms, history, rateLimit: new RateLimit(messageRate) }),
  );
  app.use(answerFailure);

  return {
    app,
    dispose: () => storage.close(),
  };
}
