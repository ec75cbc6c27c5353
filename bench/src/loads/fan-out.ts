import { ExpectedReplies } from '../expected-replies.ts';
import { maskedFrame, plainFrame } from '../masked-frame.ts';
import { measureRate, underLoad, type Result, type Timing } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';
import { openMany } from './echo.ts';

export interface FanOutSettings {
  readonly connections: number;
  /** Messages sent at once. */
  readonly burst: number;
  readonly byteLength: number;
  /** Default `/fanout`. */
  readonly path?: string;
}

/** One client publishes; when all have received its messages, it publishes again. Counts deliveries. */
export async function measureFanOut(server: ServerProcess, settings: FanOutSettings, timing: Timing): Promise<Result> {
  const payload = Buffer.alloc(settings.byteLength, 'x');
  const request = maskedFrame(payload, { opcode: 1 });
  const replies = new ExpectedReplies(plainFrame(payload, { opcode: 1 }));
  const burst = Buffer.concat(Array.from({ length: settings.burst }, () => request));
  const { path = '/fanout' } = settings;
  const connections = await openMany({ port: server.port, path }, settings.connections);
  const perBurst = settings.burst * settings.connections;
  let delivered = 0;
  try {
    return await underLoad(
      (onFault) => {
        const onReplies = (count: number): void => {
          delivered += count;
          if (delivered % perBurst === 0) connections[0]!.duplex.write(burst);
        };
        for (const connection of connections) connection.expect(replies, onReplies, onFault);
        connections[0]!.duplex.write(burst);
      },
      () => measureRate(server, () => delivered, timing),
    );
  } finally {
    for (const connection of connections) connection.stop();
  }
}

export interface OpenLoopSettings {
  readonly connections: number;
  /** Messages per second, whether or not the server keeps up. */
  readonly rate: number;
  readonly byteLength: number;
}

/** The 99th percentile of the time, in ms, from the time a message was due to each of its deliveries. */
export async function measureOpenLoop(
  server: ServerProcess,
  { connections: size, rate, byteLength }: OpenLoopSettings,
  { warmUp, measured }: Timing,
): Promise<Result> {
  const payload = Buffer.alloc(byteLength, 'x');
  const request = maskedFrame(payload, { opcode: 1 });
  const replies = new ExpectedReplies(plainFrame(payload, { opcode: 1 }));
  const connections = await openMany({ port: server.port, path: '/fanout' }, size);
  const delays: number[] = [];
  const start = performance.now() + warmUp;
  let isMeasured = false;
  try {
    return await underLoad(
      (onFault) => {
        for (const connection of connections) {
          let received = 0;
          const onReplies = (count: number): void => {
            const now = performance.now();
            for (let index = 0; index < count; index++) {
              const due = begin + (received++ * 1_000) / rate;
              if (isMeasured) delays.push(now - due);
            }
          };
          connection.expect(replies, onReplies, onFault);
        }
        const begin = performance.now();
        let sent = 0;
        const timer = setInterval(() => {
          for (; begin + (sent * 1_000) / rate <= performance.now(); sent++) connections[0]!.duplex.write(request);
          isMeasured = performance.now() > start;
        }, 1);
        connections[0]!.duplex.on('close', () => clearInterval(timer));
      },
      async () => {
        const result = await measureRate(server, () => delays.length, { warmUp, measured });
        delays.sort((one, other) => one - other);
        return { ...result, value: delays[Math.floor(delays.length * 0.99)] ?? Infinity };
      },
    );
  } finally {
    for (const connection of connections) connection.stop();
  }
}
