import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  answerFailure,
  keptSessions,
  openDatabase,
  pageTemplates,
  requireSocketLogin,
  securityHeaders,
  sharedAssets,
  type Example,
} from '@turnout/example-host';
import { turnout } from '@turnout/express';
import express from 'express';
import { allowAlert } from './alert-access.ts';
import { Audience } from './audience.ts';
import { loginRoutes, requirePageLogin } from './login.ts';
import { VoteStore } from './vote-store.ts';
import { voteOver } from './vote-socket.ts';

export interface VotingOptions {
  /** The folder that holds the votes, the sessions and the secret. */
  readonly dataDir: string;
  /** Who bears it may call /alert; without one, programs on this machine may. */
  readonly alertToken?: string | undefined;
}

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The voting app: pages, the `/message` WebSocket and `/alert`, on one Express app. */
export function createVotingApp({ dataDir, alertToken }: VotingOptions): Example {
  const database = openDatabase(join(dataDir, 'voting.db'));
  const votes = new VoteStore(database);
  const sessions = keptSessions({ name: 'turnout.voting', dataDir, database });
  const audience = new Audience((you) => ({ type: 'snapshot', data: { candidates: votes.all(), you } }));

  const app = turnout(express());
  pageTemplates(app, folder('views'));
  app.use(securityHeaders());
  app.use('/assets', express.static(folder('public')), sharedAssets());
  app.get('/alert', allowAlert(alertToken), (_request, response) => {
    audience.interrupt({ type: 'alert' });
    response.type('text').send('ok');
  });
  app.use(sessions.middleware);

  app.get('/', (_request, response) => response.redirect('/index'));
  app.use(loginRoutes());
  app.get('/index', requirePageLogin, (request, response) => {
    response.render('index', { candidates: votes.all(), users: audience.users(), you: request.session.voter });
  });
  // Longer messages than an id are answered with an error; only who sends far longer ones is cut off (1009).
  app.ws('/message', { maxPayload: 64 * 1024 }, requireSocketLogin('voter'), voteOver(votes, audience));
  app.use(answerFailure);

  return {
    app,
    dispose: () => {
      sessions.dispose();
      database.close();
    },
  };
}
