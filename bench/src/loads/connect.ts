import { ExpectedReplies } from '../expected-replies.ts';
import { LoadConnection } from '../load-connection.ts';
import { maskedFrame, plainFrame } from '../masked-frame.ts';
import { measureRate, underLoad, type Result, type Timing } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';
import { openMany } from './echo.ts';

const normal = Buffer.of(0x03, 0xe8);

/** Opens a WebSocket, completes the closing handshake, waits for the end of TCP, and starts again. */
export async function measureConnect(server: ServerProcess, slots: number, timing: Timing): Promise<Result> {
  const target = { port: server.port, path: '/echo' };
  const request = maskedFrame(normal, { opcode: 8 });
  const replies = new ExpectedReplies(plainFrame(normal, { opcode: 8 }));
  let done = 0;
  let isRunning = true;
  const once = async (): Promise<void> => {
    const connection = await LoadConnection.open(target);
    await new Promise<void>((resolve, reject) => {
      const onReplies = (): void => {
        done++;
        connection.duplex.on('end', () => {
          connection.stop();
          resolve();
        });
      };
      connection.expect(replies, onReplies, reject);
      connection.duplex.write(request);
    });
  };
  const repeat = async (): Promise<void> => {
    while (isRunning) await once();
  };
  try {
    return await underLoad(
      (onFault) => {
        for (let slot = 0; slot < slots; slot++) repeat().catch(onFault);
      },
      () => measureRate(server, () => done, timing),
    );
  } finally {
    isRunning = false;
  }
}

export interface IdleSettings {
  readonly connections: number;
  readonly path: string;
  readonly headers?: readonly string[];
}

/** KiB of the server's memory per idle connection, after garbage collection. */
export async function measureIdle(server: ServerProcess, settings: IdleSettings): Promise<Result> {
  const { connections: count, path, headers } = settings;
  const before = (await server.report('memory')).memory;
  const connections = await openMany({ port: server.port, path, headers }, count);
  try {
    await server.report('memory');
    const after = (await server.report('memory')).memory;
    return { value: (after - before) / 1024 / count, cpuPerOperation: 0, serverLoad: 0 };
  } finally {
    for (const connection of connections) connection.stop();
  }
}
