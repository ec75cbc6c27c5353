import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveDeflate } from '../../src/deflate/deflate-settings.ts';
import type { Role } from '../../src/role.ts';
import type { DeflateParameters } from '../../src/handshake/permessage-deflate.ts';
import { Connection } from '../../src/protocol/connection.ts';
import { agreeOnDeflate, type AgreedDeflate } from '../../src/protocol/deflation.ts';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { otherRole, peerFrame } from '@turnout/test-kit/raw-frame';
import { drive, describeEvent } from '@turnout/test-kit/driven';

const parameters = (changes: Partial<DeflateParameters> = {}): DeflateParameters => ({
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 12,
  clientMaxWindowBits: 12,
  ...changes,
});
const agreed = (changes: Partial<DeflateParameters> = {}, threshold = 0): AgreedDeflate => ({
  parameters: parameters(changes),
  settings: resolveDeflate({ threshold, maxRatio: Infinity })!,
});

/** A connection, and a promise of each call of its `onReady`. */
function waiting(role: Role, deflate: AgreedDeflate): { connection: Connection; ready: () => Promise<void> } {
  let notice = (): void => {};
  const connection = new Connection({ role, deflate, onReady: () => notice() });
  return { connection, ready: () => new Promise((resolve) => (notice = resolve)) };
}

const long = 'A line that compresses well. '.repeat(1_000);
const text = (data: string) => ({ data, isBinary: false, fin: true });

/** Passes everything that one has to send to the other, until nothing is in progress. */
async function carry(from: Connection, to: Connection, events: string[]): Promise<void> {
  for (;;) {
    for (const chunk of from.takeOutput()) to.receive(Buffer.from(chunk));
    for (let event = to.next(); event !== null; event = to.next()) events.push(describeEvent(event));
    if (from.outputLength === 0 && !to.isInflating) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test.each<[Role, Partial<DeflateParameters>]>([
  ['server', {}],
  ['client', {}],
  ['server', { serverNoContextTakeover: false, serverMaxWindowBits: 15 }],
  ['client', { clientNoContextTakeover: false, clientMaxWindowBits: 9 }],
])('a %s sends all kinds of messages to its peer in order (%o)', async (role, changes) => {
  const message = fc.record({
    kind: fc.constantFrom('text', 'bytes', 'fragments', 'plain', 'prepared', 'ping'),
    length: fc.oneof(fc.nat(300), fc.nat(40_000)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 12 }), async (messages) => {
      const deflate = agreed(changes, 100);
      const from = new Connection({ role, deflate });
      const to = new Connection({ role: otherRole(role), deflate });
      const expected: string[] = [];
      for (const [index, { kind, length }] of messages.entries()) {
        const data = `${index} ${'abc'.repeat(length)}`;
        const isBinary = kind === 'bytes';
        if (kind === 'ping') from.ping(String(index));
        else if (kind === 'prepared') from.sendPrepared(new PreparedMessage(data, { isBinary, compress: true }));
        else if (kind === 'fragments') {
          from.send({ data: data.slice(0, 10), isBinary, fin: false });
          from.send({ data: data.slice(10), isBinary, fin: true });
        } else
          from.send({ data: isBinary ? Buffer.from(data) : data, isBinary, fin: true, compress: kind !== 'plain' });
        expected.push(kind === 'ping' ? `ping ${index}` : `${isBinary ? 'binary' : 'text'} ${data}`);
      }
      from.close(1000);
      const events: string[] = [];
      await carry(from, to, events);
      expect(events).toEqual([...expected, 'close']);
    }),
    { numRuns: 40 },
  );
});

test('compresses from the threshold on, and only if that makes a message shorter', () => {
  const connection = new Connection({ role: 'server', deflate: agreed({}, 100) });
  const firstBytes = (): string => Buffer.concat(connection.takeOutput()).toString('hex', 0, 2);
  connection.send(text('x'.repeat(99)));
  expect(firstBytes()).toBe('8163');
  connection.send(text('x'.repeat(100)));
  expect(firstBytes()).toMatch(/^c1/);
  connection.send({ ...text('x'.repeat(100)), compress: false });
  expect(firstBytes()).toBe('8164');
  const noise = Buffer.from(Array.from({ length: 125 }, (_, index) => (index * 7919) % 251));
  connection.send({ data: noise, isBinary: true, fin: true });
  expect(firstBytes()).toBe('827d');
});

test("the answer to the peer's Close frame follows earlier messages, even if they are still being deflated", async () => {
  const { connection, ready } = waiting('server', agreed());
  connection.send(text(long));
  connection.send(text('behind'));
  expect(connection.takeOutput()).toEqual([]);
  const deflated = ready();
  drive(connection, [peerFrame('server', 0x88, Buffer.from([3, 0xe8]))]);
  expect([connection.state, connection.takeOutput()]).toEqual(['closed', []]);
  await deflated;
  const output = Buffer.concat(connection.takeOutput());
  expect(output[0]).toBe(0xc1);
  expect(output.toString('hex')).toMatch(/8106626568696e64880203e8$/);
  expect(connection.outputLength).toBe(0);
});

test('a message that is still being deflated is dropped when the transport ends', async () => {
  const { connection, ready } = waiting('server', agreed());
  connection.send(text(long));
  const deflated = ready();
  connection.endOfStream();
  connection.dispose();
  await deflated;
  expect([connection.outputLength, connection.takeOutput()]).toEqual([0, []]);
});

test('holds events back while a message is being inflated, and returns them in order', async () => {
  const sender = waiting('client', agreed());
  const deflated = sender.ready();
  sender.connection.send(text(Array.from({ length: 20_000 }, (_, index) => index).join(' ')));
  sender.connection.send(text('second'));
  await deflated;
  const { connection, ready } = waiting('server', agreed());
  const inflated = ready();
  for (const chunk of sender.connection.takeOutput()) connection.receive(Buffer.from(chunk));
  expect([connection.next(), connection.isInflating, connection.next()]).toEqual([null, true, null]);
  await inflated;
  expect(connection.isInflating).toBe(false);
  expect(describeEvent(connection.next()!)).toMatch(/^text 0 1 2/);
  expect(describeEvent(connection.next()!)).toBe('text second');
  expect(connection.next()).toBeNull();
});

test('a connection that ends while a message is being inflated has no more events', async () => {
  const { connection, ready } = waiting('server', agreed());
  const inflated = ready();
  connection.receive(peerFrame('server', 0xc1, Buffer.alloc(5_000)));
  expect(connection.next()).toBeNull();
  connection.endOfStream();
  expect(connection.isInflating).toBe(false);
  await inflated;
  expect(connection.next()).toBeNull();
});

test.each([
  ['at once', Buffer.from([0xff, 0xff])],
  ['off the event loop', Buffer.alloc(5_000, 0xff)],
])('a payload that is not DEFLATE is answered with 1007 (%s)', async (_way, payload) => {
  const { connection, ready } = waiting('server', agreed());
  const inflated = payload.length > 4_096 ? ready() : undefined;
  connection.receive(peerFrame('server', 0xc2, payload));
  let event = connection.next();
  if (inflated) {
    await inflated;
    event = connection.next();
  }
  expect(describeEvent(event!)).toBe(
    'error 1007 WS_ERR_INVALID_DEFLATE: Not DEFLATE: invalid block type (RFC 7692 §7.2.2)',
  );
  expect(Buffer.concat(connection.takeOutput()).toString('hex')).toMatch(/^88..03ef/);
});

test('inflated text that is not UTF-8 is answered with 1007; bytes are not checked', () => {
  const stored = Buffer.from([0, 1, 0, 0xfe, 0xff, 0xff, 0]);
  const connection = (): Connection => new Connection({ role: 'server', deflate: agreed() });
  expect(drive(connection(), [peerFrame('server', 0xc1, stored)])[0]).toContain('error 1007 WS_ERR_INVALID_UTF8');
  expect(drive(connection(), [peerFrame('server', 0xc2, stored)])).toEqual(['binary \xff']);
  const fragments = [peerFrame('server', 0x41, stored.subarray(0, 3)), peerFrame('server', 0x80, stored.subarray(3))];
  expect(drive(connection(), fragments)[0]).toContain('error 1007 WS_ERR_INVALID_UTF8');
});

test.each([1, 2, 5, 10, 14])('blocks after a final one are read if a fragment ends after byte %i', (cut) => {
  // "Hello" in a final block, and " World" in one that is not (RFC 7692 §7.2.3.4).
  const payload = Buffer.from('f348cdc9c907005208cf2fca490100', 'hex');
  for (const changes of [{}, { clientNoContextTakeover: false }]) {
    const connection = new Connection({ role: 'server', deflate: agreed(changes) });
    const frames = [
      peerFrame('server', 0x41, payload.subarray(0, cut)),
      peerFrame('server', 0x80, payload.subarray(cut)),
    ];
    expect(drive(connection, [...frames, peerFrame('server', 0xc1, payload)])).toEqual([
      'text Hello World',
      'text Hello World',
    ]);
  }
});

test.each(['c0', 'c8', 'c9', 'ca', '48'])('RSV1 on the frame %s is answered with 1002', (first) => {
  const connection = new Connection({ role: 'server', deflate: agreed() });
  connection.receive(peerFrame('server', 0x01));
  const events = drive(connection, [peerFrame('server', Number.parseInt(first, 16))]);
  expect(events[0]).toContain('error 1002 WS_ERR_UNEXPECTED_RSV_1');
});

test('a message that DEFLATE made longer than maxPayload is accepted, and a much longer one refused at its header', () => {
  const noise = Buffer.from(Array.from({ length: 200 }, (_, index) => (index * 7919) % 251));
  const stored = Buffer.concat([Buffer.from([0, 200, 0, 55, 255]), noise, Buffer.of(0)]);
  const connection = (): Connection =>
    new Connection({ role: 'server', deflate: agreed(), limits: { maxPayload: 200 } });
  expect(drive(connection(), [peerFrame('server', 0xc2, stored)])).toEqual([`binary ${noise.toString('latin1')}`]);
  const half = [peerFrame('server', 0x42, stored.subarray(0, 100)), peerFrame('server', 0x80, stored.subarray(100))];
  expect(drive(connection(), half)).toEqual([`binary ${noise.toString('latin1')}`]);
  expect(drive(connection(), [peerFrame('server', 0xc2, Buffer.alloc(278))])[0]).toContain('error 1009');
  expect(drive(connection(), [peerFrame('server', 0x82, stored)])[0]).toContain('error 1009');
});

test('agrees if the client makes an acceptable offer and the server has compression on', () => {
  const settings = resolveDeflate(true)!;
  const offers = [{ name: 'permessage-deflate', params: [] as [string, true][] }];
  expect(agreeOnDeflate(offers, settings)).toMatchObject({ settings, parameters: { clientMaxWindowBits: undefined } });
  expect(agreeOnDeflate(offers, null)).toBeNull();
  expect(agreeOnDeflate([], settings)).toBeNull();
});
