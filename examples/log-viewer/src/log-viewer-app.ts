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
  WriteBatch,
  type Example,
} from '@turnout/example-host';
import { turnout } from '@turnout/express';
import express from 'express';
import { KnownHosts } from './known-hosts.ts';
import { LogStore } from './log-store.ts';
import { loginRoutes, requirePageLogin } from './login.ts';
import { Tails } from './tails.ts';
import { UserStore } from './user-store.ts';

export interface LogViewerOptions {
  /** The folder of hosts, logs, users, the sessions and the secret. */
  readonly dataDir: string;
  /** The file with the keys of all trusted hosts. */
  readonly knownHostsFile: string;
  /** The socket of the ssh agent. */
  readonly agent?: string | undefined;
  /** How long, in ms, to wait before the first reconnection to a lost host. Default 1000. */
  readonly firstDelay?: number | undefined;
}

export interface LogViewer extends Example {
  readonly logs: LogStore;
  readonly users: UserStore;
}

/** How many pages one user may have open. */
const maxPages = 50;

const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The log viewer: pages and the `/logs/:id` WebSocket on one Express app. */
export function createLogViewer({ dataDir, knownHostsFile, agent, firstDelay = 1_000 }: LogViewerOptions): LogViewer {
  const database = openDatabase(join(dataDir, 'log-viewer.db'));
  const logs = new LogStore(database);
  const users = new UserStore(database);
  const writes = new WriteBatch(database);
  const sessions = keptSessions({
    name: 'turnout.log-viewer',
    dataDir,
    database,
    writes,
    // Another process removes users, so the user is looked up at each request and upgrade, and for open sockets
    // whenever Turnout checks their sessions.
    isValid: ({ reader }) => reader === undefined || users.isCurrent(reader),
  });
  const ssh = { knownHosts: () => KnownHosts.read(knownHostsFile), knownHostsFile, agent };
  const tails = new Tails({ store: logs, ssh, firstDelay });

  const app = turnout(express(), {
    user: ({ session }) => session?.reader?.name,
    maxConnectionsPerUser: maxPages,
  });
  pageTemplates(app, folder('views'));
  app.use(securityHeaders());
  app.use('/assets', express.static(folder('public')), sharedAssets());
  app.use(sessions.middleware);

  app.use(loginRoutes(users));
  app.get('/', requirePageLogin, (request, response) => {
    response.render('index', { hosts: logs.hosts(), logs: logs.logs(), reader: request.session.reader });
  });
  app.ws('/logs/:id', { maxPayload: 1024 }, requireSocketLogin<{ id: string }>('reader'), (socket, request) => {
    const log = logs.log(request.params.id);
    if (log === undefined) {
      socket.send(JSON.stringify({ type: 'notice', data: { text: 'There is no such log', level: 'error' } }));
      return socket.close(1000, 'failed');
    }
    // The only message that a page can send. Nothing of it reaches the host.
    socket.on('message', (data) => {
      if (data.toString() !== 'quit') return;
      socket.send('close connect');
      socket.close(1000, 'quit');
    });
    return tails.follow(log, socket);
  });
  app.use(answerFailure);

  return {
    app,
    logs,
    users,
    dispose: () => {
      tails.dispose();
      sessions.dispose();
      writes.flush();
      database.close();
    },
  };
}
