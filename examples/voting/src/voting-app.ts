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
import express from 'express';
import { allowAlert } from './alert-access.ts';
import { LivePoll } from './live-poll.ts';
import { loginRoutes, requirePageLogin } from './login.ts';
import { ProcessStatus } from './process-status.ts';
import type { Storage } from './storage.ts';
import { voteOver } from './vote-socket.ts';

export interface VotingOptions {
  /** The storage of votes and sessions; closed with the app. */
  readonly storage: Storage;
  /** The bearer token for /alert; without one, only programs on this machine may call it. */
  readonly alertToken?: string | undefined;
  /** How fast one user may vote, over all sockets. Default: 30 votes at once, and 10 per second. */
  readonly voteRate?: Pick<RateLimitOptions, 'burst' | 'perSecond'> | undefined;
  /** Whether the app is behind a proxy on this machine. Default `false`. */
  readonly trustProxy?: boolean | undefined;
}

const defaultRate = { burst: 30, perSecond: 10 };

/** How many pages one user may have open. */
const maxPages = 50;

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The voting app: pages, the `/message` WebSocket and `/alert`, on one Express app. */
export function createVotingApp(options: VotingOptions): Example {
  const { storage, alertToken, voteRate = defaultRate, trustProxy = false } = options;
  const poll = new LivePoll(storage.votes, storage.hub);

  const app = turnout(express(), {
    user: ({ session }) => session?.voter?.id,
    maxConnectionsPerUser: maxPages,
  });
  if (trustProxy) app.set('trust proxy', 'loopback');
  const status = new ProcessStatus(app.sockets);
  pageTemplates(app, folder('views'));
  app.use(securityHeaders());
  app.use('/assets', express.static(folder('public')), sharedAssets());
  app.get('/alert', allowAlert(alertToken), async (_request, response) => {
    await poll.alert();
    response.type('text').send('ok');
  });
  app.use(sessionsIn({ name: 'turnout.voting', secret: storage.secret, store: storage.sessions }));

  app.get('/', (_request, response) => response.redirect('/index'));
  app.use(loginRoutes());
  app.get('/index', requirePageLogin, async (request, response) => {
    response.render('index', {
      candidates: await poll.candidates(),
      users: poll.users(),
      you: request.session.voter,
    });
  });
  // Messages longer than a vote are answered with an error; only a client that sends far longer ones is disconnected
  // (1009).
  app.ws(
    '/message',
    { maxPayload: 64 * 1024 },
    requireSocketLogin('voter'),
    voteOver({ poll, status, rateLimit: new RateLimit(voteRate) }),
  );
  app.use(answerFailure);

  return {
    app,
    async dispose() {
      await status.close();
      await poll.close();
      await storage.close();
    },
  };
}
