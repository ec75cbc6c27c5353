import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Example } from '../example.ts';

/** An example in this process, on a free port and with its own data folder. */
export interface RunningExample<Kind extends Example = Example> {
  readonly url: string;
  readonly dataDir: string;
  readonly example: Kind;
  /** Ends the app and removes its data, unless told to keep it. */
  stop(options?: { readonly keepData?: boolean }): Promise<void>;
}

export interface StartOptions {
  /** The folder of an earlier run, to continue with its data. Default: a new folder. */
  readonly dataDir?: string;
  /** Default: a free one. */
  readonly port?: number;
}

export async function startExample<Kind extends Example>(
  create: (dataDir: string) => Kind | Promise<Kind>,
  { dataDir = mkdtempSync(join(tmpdir(), 'turnout-example-')), port = 0 }: StartOptions = {},
): Promise<RunningExample<Kind>> {
  const example = await create(dataDir);
  const server = await new Promise<Server>((resolve, reject) => {
    const listening: Server = example.app.listen(port, '127.0.0.1', (error) =>
      error ? reject(error) : resolve(listening),
    );
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dataDir,
    example,
    stop: async ({ keepData = false } = {}) => {
      await example.app.close({ timeout: 2_000 });
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await example.dispose();
      if (!keepData) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
