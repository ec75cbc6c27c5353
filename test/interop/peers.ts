import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PerMessageDeflateOptions } from '@turnout/core';
import { findSystemPart } from '../../tools/system-parts.mjs';

/** A way to run a peer. */
export interface Way {
  readonly name: string;
  /** The peer's parameter; undefined for no compression. */
  readonly parameter?: string;
  /** The options of our end, in addition to `threshold: 0`, if it compresses. */
  readonly options?: PerMessageDeflateOptions;
  /** Why the peer as a server does not receive an empty message. */
  readonly failsOnEmpty?: string;
}

/** A WebSocket implementation from outside npm, and the program in `programs` that uses it. */
export interface Peer {
  readonly name: string;
  /** The system parts that it needs, by name. */
  readonly parts: readonly string[];
  readonly program: string;
  /** Prepares it, compiling into the folder, and resolves with the command that runs it, without its parameters. */
  readonly prepare: (program: string, folder: string) => Promise<readonly string[]>;
  readonly isServerToo: boolean;
  readonly ways: readonly Way[];
}

const programs = join(import.meta.dirname, 'programs');
const run = promisify(execFile);

/** The command that runs a peer's program. */
export function preparePeer({ program, prepare }: Peer, folder: string): Promise<readonly string[]> {
  return prepare(join(programs, program), folder);
}

/** Debian's Go libraries are in a separate GOPATH, and need no module proxy. */
async function buildGo(program: string, folder: string): Promise<readonly string[]> {
  const output = join(folder, 'peer');
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: join(folder, 'cache') };
  await run(findSystemPart('go')!, ['build', '-o', output, program], { env });
  return [output];
}

function buildWith(compiler: string, ...flags: readonly string[]): Peer['prepare'] {
  return async (program, folder) => {
    const output = join(folder, 'peer');
    await run(join(dirname(findSystemPart('g++')!), compiler), ['-O0', '-o', output, program, ...flags]);
    return [output];
  };
}

const runPython: Peer['prepare'] = (program) => Promise.resolve([findSystemPart('python3')!, '-B', program]);

const plain: Way = { name: 'plain' };
const deflated: Way = { name: 'compressed', parameter: 'deflate' };

export const peers: readonly Peer[] = [
  {
    name: 'gorilla (Go)',
    parts: ['go', 'go-gorilla-websocket'],
    program: 'gorilla.go',
    prepare: buildGo,
    isServerToo: true,
    ways: [plain, deflated],
  },
  {
    name: 'nhooyr (Go)',
    parts: ['go', 'go-nhooyr-websocket'],
    program: 'nhooyr.go',
    prepare: buildGo,
    isServerToo: true,
    ways: [plain, deflated, { name: 'compressed, with its window kept', parameter: 'deflate-with-context' }],
  },
  ...['websockets', 'aiohttp', 'tornado', 'autobahn'].map((library) => ({
    name: `${library} (Python)`,
    parts: ['python3', `python3-${library}`],
    program: `${library}_peer.py`,
    prepare: runPython,
    isServerToo: true,
    ways: [
      plain,
      deflated,
      {
        ...deflated,
        name: 'compressed, with our window kept',
        options: { serverNoContextTakeover: false, clientNoContextTakeover: false },
      },
    ],
  })),
  {
    name: 'Mojolicious (Perl)',
    parts: ['perl', 'mojolicious'],
    program: 'mojolicious.pl',
    prepare: (program) => Promise.resolve([findSystemPart('perl')!, program]),
    isServerToo: true,
    ways: [plain, deflated],
  },
  {
    name: 'websocketpp (C++)',
    parts: ['g++', 'boost', 'websocketpp'],
    program: 'websocketpp.cpp',
    prepare: buildWith('g++', '-std=c++14', '-pthread', '-lz'),
    isServerToo: true,
    ways: [plain, deflated],
  },
  {
    name: 'Beast (C++)',
    parts: ['g++', 'boost'],
    program: 'beast.cpp',
    prepare: buildWith('g++', '-std=c++17', '-pthread'),
    isServerToo: true,
    ways: [plain, deflated],
  },
  {
    name: 'libwebsockets (C)',
    parts: ['g++', 'libwebsockets'],
    program: 'libwebsockets.c',
    prepare: buildWith('gcc', '-lwebsockets'),
    isServerToo: true,
    ways: [
      plain,
      {
        ...deflated,
        // It delivers uncompressed messages twice if compression was agreed on (its issue 2794): so everything is
        // compressed here.
        options: { serverNoContextTakeover: false, clientNoContextTakeover: false },
        failsOnEmpty: 'an assertion ends its process when it compresses an empty message',
      },
    ],
  },
  {
    name: 'HttpClient (Java)',
    parts: ['javac'],
    program: 'HttpClientPeer.java',
    prepare: (program) => Promise.resolve([join(dirname(findSystemPart('javac')!), 'java'), program]),
    isServerToo: false,
    ways: [plain],
  },
];
