/** A difference between a server's socket of `ws` and ours, as documented. */
export interface Difference {
  readonly what: string;
  readonly ws: string;
  readonly turnout: string;
  readonly why: string;
  /** The transcripts of scripts that show it; empty if another test does. */
  readonly scripts: Readonly<Record<string, { readonly ws: readonly string[]; readonly turnout: readonly string[] }>>;
}

export const differences: readonly Difference[] = [
  {
    what: 'A listener or callback throws, or its promise rejects',
    ws: '`uncaughtException` or `unhandledRejection`, which ends the process',
    turnout: 'its socket is closed with 1011, and `onError` is called',
    why: 'One bad message must not cost all other sockets',
    scripts: {},
  },
  {
    what: '`error` without a listener',
    ws: '`uncaughtException`, which ends the process',
    turnout: 'nothing; the socket is closed anyway',
    why: 'Any client can cause it',
    scripts: {},
  },
  {
    what: 'A message that arrives before the first listener',
    ws: 'is lost',
    turnout: 'waits for a listener, `receive()` or `for await`',
    why: 'A handler may await before it listens',
    scripts: {
      'a message that comes before anybody listens': { ws: [], turnout: ['Buffer(6561726c79)'] },
    },
  },
  {
    what: 'A message that arrives after `close()`, before the peer’s Close frame',
    ws: 'is passed to listeners, even after `terminate()`',
    turnout: 'is dropped; delivered with the option `messagesAfterClose: "deliver"`, but never after `terminate()`',
    why: 'After closing, there is rarely anything left to handle',
    scripts: {
      'a message that comes after close()': { ws: ['Buffer(6c617465)'], turnout: [] },
      'close() and terminate() in a message listener': {
        ws: [
          'message Buffer(61) false readyState 1',
          'message Buffer(62) false readyState 2',
          'close 1006 Buffer() readyState 3',
        ],
        turnout: ['message Buffer(61) false readyState 1', 'close 1006 Buffer() readyState 3'],
      },
    },
  },
  {
    what: '`close` after a fault of the peer',
    ws: '1006, and an `Error` or `RangeError`; the Close frame has no reason',
    turnout: 'the code and the reason that we sent in the Close frame, and a `ProtocolError` with the same `code`',
    why: '1006 tells an operator nothing',
    scripts: {
      'the close event after a fault of the peer': {
        ws: ['RangeError', 'close 1006'],
        turnout: ['ProtocolError', 'close 1002'],
      },
      'the reason of the Close frame after a fault of the peer': { ws: [''], turnout: ['Reserved opcode 3 (§5.2)'] },
    },
  },
  {
    what: '`send()` of `null`, `undefined` and `false`',
    ws: 'an empty binary message',
    turnout: '`TypeError`; in the express-ws import as `ws`',
    why: 'The value is missing, for example because a promise was not awaited',
    scripts: {
      'null, undefined and false as a message': {
        ws: ['fine', 'fine', 'fine', 'a frame of 0', 'a frame of 0', 'a frame of 0'],
        turnout: ['TypeError', 'TypeError', 'TypeError'],
      },
    },
  },
  {
    what: '`send()` of an array or a `Date`',
    ws: 'what `Buffer.from()` makes of it',
    turnout: '`TypeError`; in the express-ws import arrays as `ws`',
    why: 'The object should probably be JSON',
    scripts: {
      'an array or a Date as a message': {
        ws: ['fine fine', 'binary frame 0102'],
        turnout: ['TypeError TypeError', 'text frame 656e64'],
      },
    },
  },
  {
    what: '`ping()` and `pong()` of a `Blob`',
    ws: 'sends its bytes',
    turnout: '`TypeError`',
    why: 'A Ping has at most 125 bytes; `send()` accepts Blobs',
    scripts: {
      'a Blob in a Ping': { ws: ['fine', 'ping frame 70'], turnout: ['TypeError', 'text frame 656e64'] },
    },
  },
  {
    what: 'What `send()`, `ping()` and `pong()` return',
    ws: '`undefined`',
    turnout: '`false` if much is unsent or the socket is not open, otherwise `true`',
    why: 'Backpressure',
    scripts: {
      'what send(), ping() and pong() return': {
        ws: ['undefined undefined undefined'],
        turnout: ['boolean boolean boolean'],
      },
    },
  },
  {
    what: '`bufferedAmount` in the turn of `send()`',
    ws: 'what the system has not accepted',
    turnout: 'also what was sent in this turn',
    why: 'Everything that one turn sends leaves in one write',
    scripts: {
      'bufferedAmount in the turn of send()': { ws: ['0'], turnout: ['5'] },
    },
  },
  {
    what: '`bufferedAmount` after sending on a socket that is not open',
    ws: 'grows by the unsent message',
    turnout: 'does not',
    why: 'Code that waits for it to decrease would wait for ever',
    scripts: {
      'bufferedAmount after sending on a closed socket': { ws: ['3'], turnout: ['0'] },
    },
  },
  {
    what: '`extensions`',
    ws: 'the names',
    turnout: 'the names and their parameters, as in the answer',
    why: 'As in browsers',
    scripts: {
      'extensions with permessage-deflate': {
        ws: ['permessage-deflate'],
        turnout: ['permessage-deflate; server_no_context_takeover'],
      },
    },
  },
  {
    what: '`url` of a server’s socket',
    ws: '`undefined`',
    turnout: "`''`",
    why: 'Its type is string',
    scripts: { 'url of a server socket': { ws: ['undefined'], turnout: ['string'] } },
  },
  {
    what: 'A fragmented message with `binaryType` `fragments`',
    ws: 'a Buffer for each fragment',
    turnout: 'an array of one Buffer',
    why: 'Fragments are joined as they arrive',
    scripts: {
      'a message in fragments, with binaryType fragments': {
        ws: ['[Buffer(01), Buffer(02)]'],
        turnout: ['[Buffer(0102)]'],
      },
    },
  },
  {
    what: '`close()` with a number that is not a close code',
    ws: '`TypeError`; `NaN` and fractions are sent as another number',
    turnout: '`RangeError`',
    why: 'The type is right, the number is not',
    scripts: {
      'a close code that may not be sent': {
        ws: [...Array.from({ length: 8 }, () => 'TypeError'), 'fine', 'fine', '2'],
        turnout: [...Array.from({ length: 10 }, () => 'RangeError'), '1'],
      },
    },
  },
  {
    what: '`close()` with a reason but no code',
    ws: 'drops the reason',
    turnout: '`TypeError`',
    why: 'A frame cannot carry it (RFC 6455 §5.5.1)',
    scripts: {
      'a close reason without a code': { ws: ['fine 2'], turnout: ['TypeError 1'] },
    },
  },
];

/** The table of the documents. */
export function formatDifferences(): string {
  const rows = differences.map(({ what, ws, turnout, why }) => `| ${what} | ${ws} | ${turnout} | ${why} |`);
  return ['| | `ws` | Turnout | Why |', '|---|---|---|---|', ...rows].join('\n');
}
