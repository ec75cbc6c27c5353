import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, type OutgoingFrame } from '../../src/frame/frame-encoder.ts';
import { forgetRepeated } from '../../src/frame/repeated-frame.ts';
import { Opcode } from '../../src/opcode.ts';
import { OutputQueue } from '../../src/protocol/output-queue.ts';

const wholeFrame = (payload: string | Uint8Array, opcode: Opcode = Opcode.Binary): OutgoingFrame => ({
  fin: true,
  rsv1: false,
  opcode,
  payload,
});

/** A step: a queue is sent one of the payloads, the bytes of a payload change, or the turn ends. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      queue: fc.nat(3),
      payload: fc.nat(3),
      opcode: fc.constantFrom(Opcode.Text, Opcode.Binary, Opcode.Ping),
      fin: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ changed: fc.nat(3), index: fc.nat(39), value: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.constant('end of turn' as const) },
);

test('each queue has the bytes of what it was sent, as they were then, whatever the others are sent', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queues = Array.from({ length: 4 }, () => new OutputQueue('server'));
      const expected: Buffer[][] = queues.map(() => []);
      const payloads = [Buffer.alloc(40, 1), Buffer.alloc(200, 2), 'text of forty bytes', 'ünïcödé'];
      for (const taken of steps) {
        if (taken === 'end of turn') forgetRepeated();
        else if ('changed' in taken) {
          const payload = payloads[taken.changed];
          if (payload instanceof Uint8Array) payload[taken.index] = taken.value;
        } else {
          const { queue, fin, opcode } = taken;
          const frame = { ...wholeFrame(payloads[taken.payload] ?? '', opcode), fin };
          queues[queue]?.push(frame);
          expected[queue]?.push(encodeFrame(frame, 'server'));
        }
      }
      expect(queues.map((queue) => Buffer.concat(queue.take()))).toEqual(expected.map((list) => Buffer.concat(list)));
    }),
  );
});

test.each([
  ['bytes', Buffer.from('to all')],
  ['text', 'to all'],
] as const)(
  'sockets that are sent the same %s one after another share the frame from the second on',
  (_kind, payload) => {
    forgetRepeated();
    const queues = Array.from({ length: 3 }, () => new OutputQueue('server'));
    const frame = wholeFrame(payload);
    for (const queue of queues) queue.push(frame);
    const [first, second, third] = queues.map((queue) => queue.take()[0]);
    expect(second).toBe(third);
    expect(first).not.toBe(second);
    expect(first).toEqual(second);
  },
);

test.each([40, 200])('%i bytes that the application has changed since are framed again', (length) => {
  forgetRepeated();
  const queues = Array.from({ length: 5 }, () => new OutputQueue('server'));
  const payload = Buffer.alloc(length, 'a');
  for (const queue of queues.slice(0, 3)) queue.push(wholeFrame(payload));
  payload[length - 1] = 0x62;
  for (const queue of queues.slice(3)) queue.push(wholeFrame(payload));
  const lastBytes = queues.map((queue) => Buffer.concat(queue.take()).at(-1));
  expect(lastBytes).toEqual([0x61, 0x61, 0x61, 0x62, 0x62]);
});

test('a client masks each frame with its own key', () => {
  const queues = Array.from({ length: 3 }, () => new OutputQueue('client'));
  const frame = wholeFrame(Buffer.alloc(64));
  for (const queue of queues) queue.push(frame);
  const frames = queues.map((queue) => Buffer.concat(queue.take()).toString('hex'));
  expect(new Set(frames).size).toBe(3);
});
