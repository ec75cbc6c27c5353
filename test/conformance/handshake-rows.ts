/** One rule of the opening handshake: the request and the answer as they are on the wire. */
export interface HandshakeRow {
  /** The section of RFC 6455. */
  readonly section: string;
  readonly rule: string;
  readonly request: string;
  readonly answer: string;
}

const fields = {
  Host: 'server.example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

type Changes = Readonly<Record<string, string | null>>;

/** The valid handshake of §1.3 with some headers changed, added, or omitted with `null`. */
function request(changes: Changes, requestLine = 'GET /chat HTTP/1.1'): string {
  const entries = Object.entries<string | null>({ ...fields, ...changes }).filter(([, value]) => value !== null);
  return `${[requestLine, ...entries.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`;
}

/** Follows every accepted request: a Close frame in the same write, which ends the connection. */
const closing = '\x88\x80\0\0\0\0';
const closed = '\x88\0';

/** The accept values of the two keys in RFC 6455. */
const acceptValues: Readonly<Record<string, string>> = {
  'dGhlIHNhbXBsZSBub25jZQ==': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  'AQIDBAUGBwgJCgsMDQ4PEC==': 'OfS0wDaT5NoxF2gqm7Zj2YtetzM=',
};

function accepted(changes: Changes, extra: readonly string[]): string {
  const key = changes['Sec-WebSocket-Key'] ?? fields['Sec-WebSocket-Key'];
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptValues[key]}`,
    ...extra,
  ];
  return `${head.join('\r\n')}\r\n\r\n${closed}`;
}

function refused(status: string, message: string, ...extra: string[]): string {
  const upgrade = extra.some((line) => line.startsWith('Upgrade'));
  const head = [
    `HTTP/1.1 ${status}`,
    `Connection: ${upgrade ? 'close, Upgrade' : 'close'}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${message.length + 1}`,
    ...extra,
  ];
  return `${head.join('\r\n')}\r\n\r\n${message}\n`;
}

const accepts: [section: string, rule: string, changes: Changes, ...extra: string[]][] = [
  ['§4.2.2', 'server accepts the handshake of §1.3 with the accept value given there', {}],
  ['§4.2.1', 'server accepts websocket and upgrade in any case', { Upgrade: 'WebSocket', Connection: 'UPGRADE' }],
  ['§4.2.1', 'server finds its tokens in lists', { Upgrade: 'h2c, websocket', Connection: 'keep-alive, Upgrade' }],
  ['§4.1', 'server accepts an Origin', { Origin: 'https://example.com' }],
  ['§4.2.1', 'server accepts a header whose value has colons and spaces', { 'X-Note': 'first: second: third' }],
  ['§4.2.2', 'server does not choose a subprotocol that it does not speak', { 'Sec-WebSocket-Protocol': 'other' }],
  [
    '§4.2.2',
    'server chooses the subprotocol that it prefers among those offered',
    { 'Sec-WebSocket-Protocol': 'chat.v1, chat.v2' },
    'Sec-WebSocket-Protocol: chat.v2',
  ],
  [
    '§4.2.1',
    'server accepts a key whose unused bits are set, as in the example of §4.1',
    { 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEC==' },
  ],
  [
    '§4.3',
    'server accepts empty elements in its lists',
    { 'Sec-WebSocket-Protocol': ', chat.v1,, ', Upgrade: ', websocket', Connection: 'Upgrade,' },
    'Sec-WebSocket-Protocol: chat.v1',
  ],
  ['§4.3', 'server treats an empty list of subprotocols as none', { 'Sec-WebSocket-Protocol': '' }],
  [
    '§4.3',
    'server accepts a credential of 6 KiB among the subprotocols',
    { 'Sec-WebSocket-Protocol': `chat.v1, bearer.${'x'.repeat(6 * 1024)}` },
    'Sec-WebSocket-Protocol: chat.v1',
  ],
  [
    '§4.3',
    'server accepts 100 subprotocols',
    { 'Sec-WebSocket-Protocol': [...Array.from({ length: 99 }, (_, index) => `v${index}`), 'chat.v2'].join(', ') },
    'Sec-WebSocket-Protocol: chat.v2',
  ],
  [
    '§9.1',
    'server declines unknown extensions',
    { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits, x-other' },
  ],
];

/** Offers of extensions to a server that compresses, and its answers; `null` if it declines. */
const offers: [section: string, rule: string, offer: string, answer: string | null][] = [
  ['RFC 7692 §7.1', 'server declares only what was offered', 'permessage-deflate', 'permessage-deflate'],
  [
    'RFC 7692 §7.1.2.2',
    'server declares the window of a client that offers the parameter',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=12',
  ],
  [
    'RFC 7692 §7.1.1',
    'server declares both contexts dropped, if that was offered',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  ],
  [
    'RFC 7692 §7.1.2.1',
    'server accepts a window for itself by naming it',
    'permessage-deflate; server_max_window_bits="10"',
    'permessage-deflate; server_max_window_bits=10',
  ],
  [
    'RFC 7692 §7.1',
    'server accepts the next offer if it declines the first',
    'permessage-deflate; server_max_window_bits=7, permessage-deflate',
    'permessage-deflate',
  ],
  ['RFC 9110 §5.6.1.2', 'server ignores empty elements of an offer', 'permessage-deflate, ', 'permessage-deflate'],
  ['RFC 9110 §5.6.6', 'server ignores empty parameters of an offer', 'permessage-deflate; ;', 'permessage-deflate'],
  ['RFC 9110 §5.6.1.2', 'server treats an empty list of extensions as none', '', null],
  ['RFC 7692 §5.1', 'server declines a malformed offer', 'permessage-deflate; a="b', null],
  ['RFC 7692 §5.1', 'server declines an offer over 8 KiB', `permessage-deflate, ${'x'.repeat(8192)}`, null],
  [
    'RFC 7692 §7.1',
    'server declines a repeated parameter',
    'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
    null,
  ],
];

const version = 'Sec-WebSocket-Version: 13';

const refusals: [section: string, rule: string, changes: Changes, answer: string, requestLine?: string][] = [
  [
    '§4.1',
    'server answers 405 to another method than GET',
    {},
    refused('405 Method Not Allowed', 'A WebSocket requires method GET, got "POST"', 'Allow: GET'),
    'POST /chat HTTP/1.1',
  ],
  [
    '§4.1',
    'server answers 505 to HTTP/1.0',
    {},
    refused('505 HTTP Version Not Supported', 'A WebSocket requires HTTP version 1.1, got "1.0"'),
    'GET /chat HTTP/1.0',
  ],
  [
    '§4.2.1',
    'server answers 400 without a Host',
    { Host: null },
    refused('400 Bad Request', 'Expected one Host header, got 0'),
  ],
  [
    '§4.2.1',
    'server answers 400 to two Hosts',
    { Host: 'a\r\nHost: b' },
    refused('400 Bad Request', 'Expected one Host header, got 2'),
  ],
  [
    '§4.2.1',
    'server answers 400 to an Upgrade without websocket',
    { Upgrade: 'websockets' },
    refused('400 Bad Request', 'Expected an Upgrade header with "websocket"'),
  ],
  [
    '§4.2.1',
    'server answers 400 to a Connection without upgrade',
    { Connection: 'notupgrade' },
    refused('400 Bad Request', 'Expected a Connection header with "upgrade"'),
  ],
  [
    '§4.2.1',
    'server answers 400 without a key',
    { 'Sec-WebSocket-Key': null },
    refused('400 Bad Request', 'Expected one Sec-WebSocket-Key header, got 0'),
  ],
  [
    '§4.2.1',
    'server answers 400 to two keys',
    { 'Sec-WebSocket-Key': `${fields['Sec-WebSocket-Key']}\r\nSec-WebSocket-Key: ${fields['Sec-WebSocket-Key']}` },
    refused('400 Bad Request', 'Expected one Sec-WebSocket-Key header, got 2'),
  ],
  ...(
    [
      ['of 15 bytes', 'AAAAAAAAAAAAAAAAAAAA'],
      ['of 17 bytes', 'AAAAAAAAAAAAAAAAAAAAAAA='],
      ['that is not base64', '!!!!!!!!!!!!!!!!!!!!!!=='],
    ] as const
  ).map(([what, key]): [string, string, Changes, string] => [
    '§4.2.1',
    `server answers 400 to a key ${what}`,
    { 'Sec-WebSocket-Key': key },
    refused('400 Bad Request', 'Sec-WebSocket-Key is not the base64 of 16 bytes'),
  ]),
  [
    '§4.2.1',
    'server answers 400 without a version, and names its own',
    { 'Sec-WebSocket-Version': null },
    refused('400 Bad Request', 'Expected a Sec-WebSocket-Version header', version),
  ],
  ...['0', '7', '8', '12', '014'].map((other): [string, string, Changes, string] => [
    '§4.4',
    `server answers 426 to version ${other}, and names its own`,
    { 'Sec-WebSocket-Version': other },
    refused(
      '426 Upgrade Required',
      `Expected one Sec-WebSocket-Version 13, got "${other}"`,
      version,
      'Upgrade: websocket',
    ),
  ]),
  [
    '§4.4',
    'server answers 426 to a list of versions',
    { 'Sec-WebSocket-Version': '13, 8' },
    refused(
      '426 Upgrade Required',
      'Expected one Sec-WebSocket-Version 13, got another value',
      version,
      'Upgrade: websocket',
    ),
  ],
  [
    '§4.1',
    'server answers 400 to a subprotocol that is offered twice',
    { 'Sec-WebSocket-Protocol': 'chat.v1, chat.v1' },
    refused('400 Bad Request', 'Sec-WebSocket-Protocol offers "chat.v1" twice'),
  ],
  [
    '§3',
    'server answers 400 to a target with a fragment',
    {},
    refused('400 Bad Request', 'Request target is refused: it contains a fragment'),
    'GET /chat#here HTTP/1.1',
  ],
  [
    '§4.1',
    'server answers 400 to a handshake that announces a body',
    { 'Content-Length': '11' },
    refused('400 Bad Request', 'An upgrade request has no body: expected no Content-Length, or one of 0'),
  ],
];

/** RFC 6455 §4.2: the opening handshake, as a client sees it. */
export const handshakeRows: HandshakeRow[] = [
  ...accepts.map(([section, rule, changes, ...extra]) => ({
    section,
    rule,
    request: request(changes) + closing,
    answer: accepted(changes, extra),
  })),
  ...offers.map(([section, rule, offer, answer]) => ({
    section,
    rule,
    request: request({ 'Sec-WebSocket-Extensions': offer }, 'GET /deflate HTTP/1.1') + closing,
    answer: accepted({}, answer === null ? [] : [`Sec-WebSocket-Extensions: ${answer}`]),
  })),
  ...refusals.map(([section, rule, changes, answer, requestLine]) => ({
    section,
    rule,
    request: request(changes, requestLine),
    answer,
  })),
];
