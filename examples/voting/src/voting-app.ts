import { fileURLToPath } from 'node:url';
import { turnout, type WebSocketApp } from '@turnout/express';
import ejs from 'ejs';
import express, { type Express } from 'express';
import session from 'express-session';
import helmet from 'helmet';
import { allowAlert } from './alert-access.ts';
import { Audience } from './audience.ts';
import { answerFailure } from './failure.ts';
import { loginRoutes, requirePageLogin, requireSocketLogin } from './login.ts';
import { loadSecret } from './secret.ts';
import { SessionStore } from './session-store.ts';
import { openDatabase } from './database.ts';
import { VoteStore } from './vote-store.ts';
import { voteOver } from './vote-socket.ts';

export interface VotingOptions {
  /** The folder that holds the votes, the sessions and the secret. */
  readonly dataDir: string;
  /** Who bears it may call /alert; without one, programs on this machine may. */
  readonly alertToken?: string | undefined;
}

export interface Voting {
  readonly app: Express & WebSocketApp;
  /** Closes the database; to be called last. */
  dispose(): void;
}

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** One self-contained policy: nothing from elsewhere, nothing inline. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
};

/** The voting app: pages, the `/message` WebSocket and `/alert`, on one Express app. */
export function createVotingApp({ dataDir, alertToken }: VotingOptions): Voting {
  const database = openDatabase(dataDir);
  const votes = new VoteStore(database);
  const sessions = new SessionStore(database);
  const audience = new Audience((you) => ({ type: 'snapshot', data: { candidates: votes.all(), you } }));

  const app = turnout(express());
  app.engine('ejs', (path, options, callback) => ejs.renderFile(path, options as ejs.Data, callback));
  app.set('view engine', 'ejs');
  app.set('views', folder('views'));
  // HSTS is for the proxy that ends TLS: over plain http on this machine it would lock the browser out.
  app.use(helmet({ contentSecurityPolicy, strictTransportSecurity: false }));
  app.use('/assets', express.static(folder('public')));
  app.get('/alert', allowAlert(alertToken), (_request, response) => {
    audience.interrupt({ type: 'alert' });
    response.type('text').send('ok');
  });
  app.use(
    session({
      name: 'turnout.voting',
      secret: loadSecret(dataDir),
      store: sessions,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 7 * 24 * 60 * 60 * 1000 },
    }),
  );
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });

  app.get('/', (_request, response) => response.redirect('/index'));
  app.use(loginRoutes());
  app.get('/index', requirePageLogin, (request, response) => {
    response.render('index', { candidates: votes.all(), users: audience.users(), you: request.session.voter });
  });
  // Longer messages than an id are answered with an error; only who sends far longer ones is cut off (1009).
  app.ws('/message', { maxPayload: 64 * 1024 }, requireSocketLogin, voteOver(votes, audience));
  app.use(answerFailure);

  return {
    app,
    dispose: () => {
      sessions.dispose();
      database.close();
    },
  };
}
