import { failing, type WireRow } from './wire-row.ts';

/** One rule for the answer to a client's handshake; `{accept}` stands for the accept value of the client's key. */
export interface ClientHandshakeRow {
  /** The section of RFC 6455. */
  readonly section: string;
  readonly rule: string;
  readonly answer: readonly string[];
  /** The code that `connect()` rejects with. */
  readonly code: string;
}

const statusLine = 'HTTP/1.1 101 Switching Protocols';
const upgrade = 'Upgrade: websocket';
const connection = 'Connection: Upgrade';
const accept = 'Sec-WebSocket-Accept: {accept}';

/** RFC 6455 §4.1: how a client validates the server's answer. The client offers the subprotocol `chat.v1`. */
export const clientHandshakeRows: ClientHandshakeRow[] = [
  {
    section: '§4.1',
    rule: 'client refuses another status than 101',
    answer: ['HTTP/1.1 403 Forbidden', 'Content-Length: 0', 'Connection: close'],
    code: 'WS_ERR_CONNECT_STATUS',
  },
  {
    section: '§4.1',
    rule: 'client refuses a 101 to another protocol than websocket',
    answer: [statusLine, 'Upgrade: h2c', connection, accept],
    code: 'WS_ERR_CONNECT_UPGRADE',
  },
  {
    section: '§4.1',
    rule: 'client refuses the accept value of another connection',
    answer: [statusLine, upgrade, connection, 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
    code: 'WS_ERR_CONNECT_ACCEPT',
  },
  {
    section: '§4.1',
    rule: 'client refuses a 101 without an accept value',
    answer: [statusLine, upgrade, connection],
    code: 'WS_ERR_CONNECT_ACCEPT',
  },
  {
    section: '§4.1',
    rule: 'client refuses an extension that it has not offered',
    answer: [statusLine, upgrade, connection, accept, 'Sec-WebSocket-Extensions: permessage-deflate'],
    code: 'WS_ERR_CONNECT_EXTENSIONS',
  },
  {
    section: '§4.1',
    rule: 'client refuses an extension that it does not know',
    answer: [statusLine, upgrade, connection, accept, 'Sec-WebSocket-Extensions: x-other; a=1'],
    code: 'WS_ERR_CONNECT_EXTENSIONS',
  },
  {
    section: '§4.1',
    rule: 'client refuses a subprotocol that it has not offered',
    answer: [statusLine, upgrade, connection, accept, 'Sec-WebSocket-Protocol: chat.v2'],
    code: 'WS_ERR_CONNECT_PROTOCOL',
  },
];

export const acceptingAnswer = [statusLine, upgrade, connection, accept, 'Sec-WebSocket-Protocol: chat.v1'];

/** RFC 6455 §5, §7: where a client's rules differ from a server's. Answers are given unmasked. */
export const clientFrameRows: WireRow[] = [
  {
    section: '§5.1',
    rule: 'client closes 1002 on a masked frame',
    sent: '81 85 37fa213d 7f9f4d5158',
    ...failing(1002, 'A server must not mask (§5.1)'),
  },
  {
    section: '§5.1',
    rule: 'client masks the message that it returns',
    sent: '81 05 48656c6c6f',
    answer: '81 05 48656c6c6f',
  },
  { section: '§5.5.3', rule: 'client masks its Pong', sent: '89 01 70', answer: '8a 01 70' },
  {
    section: '§5.5.1',
    rule: 'client echoes the Close frame of the server',
    sent: '88 05 0fa0 627965',
    answer: '88 05 0fa0 627965',
    closeCode: 4000,
  },
  {
    section: '§8.1',
    rule: 'client closes 1007 on text that is not UTF-8',
    sent: '81 02 c0af',
    ...failing(1007, 'Text is not valid UTF-8 (§8.1)'),
  },
];
