import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync, constants } from 'node:zlib';
import { once } from 'node:events';
import { ExpectedReplies } from '../expected-replies.ts';
import { LoadConnection, type Target } from '../load-connection.ts';
import { firstPayload, maskedFrame, plainFrame } from '../masked-frame.ts';
import { measureRate, underLoad, type Result, type Timing } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';

export interface EchoSettings {
  /** `undefined` for a server without a protocol. */
  readonly path: string | undefined;
  readonly connections: number;
  /** Messages in flight on each connection. */
  readonly inFlight: number;
  /** The payload of one message, in bytes. */
  readonly byteLength: number;
  /** Default: binary, which needs no validation. */
  readonly isText?: boolean;
  /** Whether messages are compressed both ways: text. */
  readonly isDeflated?: boolean;
}

interface Traffic {
  readonly request: Buffer;
  readonly reply: Buffer;
}

/** No window is kept, so that the same message always has the same bytes. */
const deflateOffer =
  'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover';

/** Sends as fast as the server echoes. */
export async function measureEcho(server: ServerProcess, settings: EchoSettings, timing: Timing): Promise<Result> {
  const { connections: count, inFlight, path, isDeflated = false } = settings;
  const target: Target = { port: server.port, path, headers: isDeflated ? [deflateOffer] : [] };
  const { request, reply } = isDeflated ? await deflatedTraffic(target, settings) : plainTraffic(settings);
  /** A prefix of it answers any number of replies in one write. */
  const requests = Buffer.concat(Array.from({ length: inFlight }, () => request));
  const replies = new ExpectedReplies(reply);
  const connections = await openMany(target, count);
  try {
    return await underLoad(
      (onFault) => {
        for (const connection of connections) {
          const send = (messages: number): void => {
            connection.duplex.write(requests.subarray(0, messages * request.length));
          };
          connection.expect(replies, send, onFault);
          send(inFlight);
        }
      },
      () => measureRate(server, () => connections.reduce((sum, { replyCount }) => sum + replyCount, 0), timing),
    );
  } finally {
    for (const connection of connections) connection.stop();
  }
}

/** A few hundred at a time, because some systems' connection queues are not longer. */
export async function openMany(target: Target, count: number): Promise<LoadConnection[]> {
  const connections: LoadConnection[] = [];
  while (connections.length < count) {
    const next = Math.min(200, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: next }, () => LoadConnection.open(target)))));
  }
  return connections;
}

function payloadOf(byteLength: number): Buffer {
  // Typical application text, so that it compresses similarly.
  const votes = Array.from({ length: Math.ceil(byteLength / 60) }, (_, index) => ({
    type: 'vote',
    data: { id: randomBytes(4).toString('hex'), count: index },
  }));
  return Buffer.from(JSON.stringify(votes).slice(0, byteLength));
}

function plainTraffic({ byteLength, path, isText = false }: EchoSettings): Traffic {
  const payload = payloadOf(byteLength);
  const opcode = isText ? 1 : 2;
  const request = maskedFrame(payload, { opcode });
  return { request, reply: path === undefined ? request : plainFrame(payload, { opcode }) };
}

/** The server's compressed message is checked once, and then expected each time. */
async function deflatedTraffic(target: Target, { byteLength }: EchoSettings): Promise<Traffic> {
  const payload = payloadOf(byteLength);
  const deflated = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const request = maskedFrame(deflated, { opcode: 1, rsv1: true });
  const { duplex } = await LoadConnection.open(target);
  duplex.write(request);
  let bytes = Buffer.alloc(0);
  let first = firstPayload(bytes);
  while (first === null) {
    const [chunk] = (await once(duplex, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
    first = firstPayload(bytes);
  }
  duplex.destroy();
  const inflated = inflateRawSync(Buffer.concat([first.payload, Buffer.of(0, 0, 0xff, 0xff)]), {
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  if (bytes[0] !== 0xc1 || !inflated.equals(payload)) throw new Error('Wrong reply: not the message, compressed');
  return { request, reply: first.frame };
}
