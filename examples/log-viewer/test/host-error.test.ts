import { expect, test } from 'vitest';
import { explain } from '../src/host-error.ts';

const host = { name: 'box', address: '192.0.2.1', port: 22, login: 'deploy', keyFile: '/home/ann/.ssh/logs' };

const failure = (message: string, more: object): Error => Object.assign(new Error(message), more);

test.each([
  ['a login', failure('All configured authentication methods failed', { level: 'client-authentication' })],
  ['an agent', failure('connect ENOENT /tmp/ssh-ann/agent.7', { code: 'ENOENT', level: 'agent' })],
  ['a file that may not be read', failure("EACCES: permission denied, open '/home/ann/.ssh/logs'", { code: 'EACCES' })],
  ['too many files', failure("EMFILE: too many open files, open '/home/ann/.ssh/logs'", { code: 'EMFILE' })],
  ['an unknown error', failure('Cannot parse /home/ann/.ssh/logs', {})],
])('a reader sees %s without any file of this machine, and the operator sees all details', (_what, error) => {
  const { message, detail } = explain(host, error);
  expect(message).toContain('box (192.0.2.1:22)');
  expect(message).not.toMatch(/\/|ssh-ann/);
  expect(detail).toMatch(/\/home\/ann\/.ssh\/logs|\/tmp\/ssh-ann\/agent.7/);
});

test('a reader sees errors of the network', () => {
  const { message, isFinal, detail } = explain(host, failure('connect ECONNREFUSED', { code: 'ECONNREFUSED' }));
  expect([message, isFinal, detail]).toEqual([
    'Cannot reach box (192.0.2.1:22): the connection was refused',
    false,
    undefined,
  ]);
});
