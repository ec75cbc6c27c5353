import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  answerFailure,
  keptSessions,
  openDatabase,
  pageTemplates,
  RateLimit,
  requireSocketLogin,
  securityHeaders,
  sharedAssets,
  WriteBatch,
  type Example,
} from '@turnout/example-host';
import { turnout } from '@turnout/express';
import express, { type RequestHandler } from 'express';
import { benchRoutes } from './bench.ts';
import { maxText } from './chat-message.ts';
import { chatOver } from './chat-socket.ts';
import { History } from './history.ts';
import { loginRoutes, requirePageLogin } from './login.ts';
import { isRoomName, Rooms } from './rooms.ts';

export interface ChatOptions {
  /** The folder that holds what was said, the sessions and the secret. */
  readonly dataDir: string;
  /** How long, in ms, somebody whose connection has gone still counts as there. Default 3000. */
  readonly farewellDelay?: number | undefined;
}

/** How fast one person may write, in all rooms together. */
const messageRate = { burst: 10, perSecond: 1 };

/** How many pages one user may have open. */
const maxPages = 50;

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const requireRoomName: RequestHandler<{ room: string }> = (request, response, next) => {
  if (isRoomName(request.params.room)) return next();
  return response.status(404).type('text').send('A room has a name of 1 to 32 letters, digits, - and _\n');
};

/** The chat: pages and the `/chat/:room` WebSocket on one Express app. */
export function createChatApp({ dataDir, farewellDelay = 3_000 }: ChatOptions): Example {
  const database = openDatabase(join(dataDir, 'chat.db'));
  const writes = new WriteBatch(database);
  const history = new History(database, writes);
  const sessions = keptSessions({ name: 'turnout.chat', dataDir, database, writes });
  const rooms = new Rooms(farewellDelay);

  const app = turnout(express(), {
    user: ({ session }) => session?.chatter?.id,
    maxConnectionsPerUser: maxPages,
  });
  pageTemplates(app, folder('views'));
  app.use(benchRoutes());
  app.use(securityHeaders());
  app.use('/assets', express.static(folder('public')), sharedAssets());
  app.use(sessions.middleware);

  app.use(loginRoutes());
  app.get('/', requirePageLogin, (request, response) => {
    response.render('rooms', { rooms: history.rooms(), you: request.session.chatter });
  });
  app.get('/rooms', ({ query: { room } }, response) => {
    if (isRoomName(room)) response.redirect(`/chat/${encodeURIComponent(room)}`);
    else response.redirect('/');
  });
  app.get('/chat/:room', requireRoomName, requirePageLogin, (request, response) => {
    const { room } = request.params;
    const lines = history.after(room, 0);
    const people = rooms.peopleIn(room);
    response.render('room', { room, lines, people, you: request.session.chatter, maxText });
  });
  // For a page that was away for longer than the room remembers, or has just been loaded. Who has less than all that is kept
  // may have missed what is kept no more.
  app.get('/chat/:room/lines', requireRoomName, requirePageLogin, ({ params, query }, response) => {
    const all = history.after(params.room, 0);
    const lines = all.filter(({ id }) => id > Number(query['after'] ?? 0));
    response.json({ lines, isAll: lines.length === all.length });
  });
  // The longest text in JSON, every character of it escaped; only who sends far more is cut off (1009).
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
    dispose: async () => {
      await rooms.close();
      sessions.dispose();
      writes.flush();
      database.close();
    },
  };
}
