/** Which packages each kind of package may import, by their folders. Arrows run downward only. */
export const packageLayers: readonly PackageLayer[] = [
  { folder: /^packages\/core$/, mayImport: [] },
  { folder: /^packages\/server$/, mayImport: [/^packages\/core$/] },
  { folder: /^packages\/router$/, mayImport: [/^packages\/(core|server)$/] },
  { folder: /^packages\/messages$/, mayImport: [/^packages\/core$/] },
  // Express has the router inside; no other framework does.
  { folder: /^packages\/adapters\/express$/, mayImport: [/^packages\/(core|server|router)$/] },
  { folder: /^packages\/adapters\/[^/]+$/, mayImport: [/^packages\/(core|server)$/] },
  { folder: /^packages\/topics$/, mayImport: [/^packages\/core$/] },
  { folder: /^packages\/testing$/, mayImport: [/^packages\/(core|server|topics)$/] },
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
 * The order of folders inside the `src` of packages: each step imports only from earlier steps, and from itself.
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
    ['state'],
    [
      'topic.ts',
      'topic-events.ts',
      'topic-name.ts',
      'registry.ts',
      'command-queue.ts',
      'topic-commands.ts',
      'socket-topics.ts',
      'hub-links.ts',
      'hub.ts',
      'hub-options.ts',
    ],
    ['broker.ts', 'wire.ts', 'index.ts'],
  ],
  'packages/server': [['options'], ['session'], ['upgrade'], ['server'], ['adapter.ts', 'index.ts']],
  'packages/router': [['routes'], ['adapter.ts', 'index.ts']],
};

/** The folders of core with pure functions and state machines. */
export const protocolFolders = /^packages\/core\/src\/(options|handshake|frame|deflate|message|protocol)\//;

/** Modules with clocks, sockets or callbacks. */
export const ioModules = /^(node:)?(net|tls|http|https|http2|stream|events|timers|dgram|child_process)(\/|$)/;

/** Names that do not describe the content, so that files become catch-alls. */
export const vagueNames = /(^|\/)(utils?|helpers?|common|misc|types?|constants?)(\/|\.[a-z]+$)/;

/** Turnout uses its own WebSocket. */
export const webSocketLibraries =
  /^(ws|socket\.io.*|engine\.io.*|websocket|websocket-driver|faye-websocket|sockjs.*|express-ws|websocket-express|crossws|uWebSockets\.js|isomorphic-ws|@fastify\/websocket|koa-websocket)(\/|$)/;

export const maxFileLines = 300;

/** Packages that are not published may use the scripts of the repository. */
export const toolUsers = /^packages\/test-kit$/;

/** What tests may import by path, in addition to their own package. */
export function sharedWithTests(folder: string): readonly string[] {
  // Browsers open the examples, and the benchmark is also tested.
  return folder === 'test' ? ['tools', 'examples', 'bench'] : ['tools'];
}

/** Tests that are allowed to import the internals of packages, and their reasons. */
export const internalsReachedByTests: Readonly<Record<string, readonly string[]>> = {
  // Injects faults, which the simulation must find.
  'test/simulation/seeded-faults/code-faults.ts': ['packages/topics/src'],
  // Compares the declarations of options, which are not exported, with the READMEs.
  'test/docs/declared-options.ts': ['packages'],
};
