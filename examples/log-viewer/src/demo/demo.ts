import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogViewer, type LogViewer } from '../log-viewer-app.ts';
import { demoPassword } from './demo-password.ts';
import { startLocalSshd } from './local-sshd.ts';
import { startWritingLog } from './writing-log.ts';

export interface Demo {
  readonly viewer: LogViewer;
  readonly user: string;
  readonly password: string;
}

/**
 * The log viewer with a host to look at: an sshd on this machine, and a generated log. All of it is temporary.
 */
export async function startDemo(): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-log-viewer-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  const sshd = await startLocalSshd({ folder });
  const path = join(folder, 'app.log');
  const stopWriting = startWritingLog(path);
  // sshd ends with this process, except on SIGKILL.
  process.once('exit', () => void sshd.stop());

  const viewer = createLogViewer({ dataDir, knownHostsFile: sshd.knownHostsFile });
  const { port, login, keyFile } = sshd;
  viewer.logs.addHost({ name: 'this-machine', address: '127.0.0.1', port, login, keyFile });
  viewer.logs.addLog({ host: 'this-machine', type: 'app', path });
  viewer.logs.addLog({ host: 'this-machine', type: 'missing', path: join(folder, 'missing.log') });
  const [user, password] = ['demo', demoPassword()];
  await viewer.users.set(user, password);
  const dispose = (): void => {
    stopWriting();
    void viewer.dispose();
  };
  return { viewer: { ...viewer, dispose }, user, password };
}
