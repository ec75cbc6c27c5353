/** Which packages each kind of package may import, by their folders. Arrows run downward only. */
export const packageLayers: readonly PackageLayer[] = [
  { folder: /^packages\/core$/, mayImport: [] },
  { folder: /^packages\/router$/, mayImport: [/^packages\/core$/] },
  { folder: /^packages\/messages$/, mayImport: [/^packages\/core$/] },
  { folder: /^packages\/adapters\/[^/]+$/, mayImport: [/^packages\/(core|router)$/] },
  { folder: /^packages\/topics$/, mayImport: [/^packages\/core$/] },
  { folder: /^packages\/testing$/, mayImport: [/^packages\/(core|router|topics)$/] },
  { folder: /^packages\/brokers\/[^/]+$/, mayImport: [/^packages\/(core|topics)$/] },
  { folder: /^packages\/test-kit$/, mayImport: [/^packages\/(core|router|testing)$/] },
  { folder: /^packages\/client$/, mayImport: [] },
  { folder: /^examples\/host$/, mayImport: [/^packages\//] },
  { folder: /^examples\/[^/]+$/, mayImport: [/^packages\//, /^examples\/host$/] },
];

export interface PackageLayer {
  readonly folder: RegExp;
  readonly mayImport: readonly RegExp[];
}

/**
 * The order inside the `src` of packages that have rooms: each step imports only from the steps before it, and from its
 * own.
 */
export const packageOrders: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'packages/core': [
    ['options'],
    ['errors.ts', 'opcode.ts', 'close-code.ts', 'role.ts', 'limits.ts'],
    ['handshake'],
    ['frame'],
    ['deflate'],
    ['message'],
    ['protocol'],
    ['socket'],
    ['options.ts', 'index.ts'],
  ],
  'packages/topics': [
    ['bus'],
    ['feed'],
    ['people'],
    ['delivery'],
    [
      'topic.ts',
      'topic-events.ts',
      'topic-name.ts',
      'topic-registry.ts',
      'command-queue.ts',
      'topic-commands.ts',
      'socket-topics.ts',
      'hub-links.ts',
      'hub.ts',
      'hub-options.ts',
    ],
    ['broker.ts', 'wire.ts', 'index.ts'],
  ],
  'packages/router': [['options'], ['session'], ['upgrade'], ['server'], ['routes'], ['adapter.ts', 'index.ts']],
};

/** The folders of core that are pure functions and state machines. */
export const protocolFolders = /^packages\/core\/src\/(options|handshake|frame|deflate|message|protocol)\//;

/** The rooms of router that serve apps of every framework. */
export const frameworkFreeFolders = /^packages\/router\/src\/(options|session|upgrade|server)\//;

/** What brings a clock, a socket or a callback with it. */
export const ioModules = /^(node:)?(net|tls|http|https|http2|stream|events|timers|dgram|child_process)(\/|$)/;

/** Names that say nothing of what is in the file, so that everything ends there. */
export const vagueNames = /(^|\/)(utils?|helpers?|common|misc|types?|constants?)(\/|\.[a-z]+$)/;

/** Turnout stands on its own WebSocket. */
export const webSocketLibraries =
  /^(ws|socket\.io.*|engine\.io.*|websocket|websocket-driver|faye-websocket|sockjs.*|express-ws|websocket-express|crossws|uWebSockets\.js|isomorphic-ws|@fastify\/websocket|koa-websocket)(\/|$)/;

export const maxFileLines = 300;

/** Packages that are not published may use the scripts of the repository. */
export const toolUsers = /^packages\/test-kit$/;

/** What tests may reach by a path beside the folder of their own package. */
export function sharedWithTests(folder: string): readonly string[] {
  // Browsers open the examples, and the measuring is tested, too.
  return folder === 'test' ? ['tools', 'examples', 'bench'] : ['tools'];
}

/** The tests that reach into the insides of packages all the same, and for what. */
export const internalsReachedByTests: Readonly<Record<string, readonly string[]>> = {
  // Puts faults there, which the simulation has to find.
  'test/simulation/seeded-faults/code-faults.ts': ['packages/topics/src'],
  // Compares the declarations of options, which no package exports, with the READMEs.
  'test/docs/declared-options.ts': ['packages'],
};
