import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KnownHosts } from '../src/known-hosts.ts';

function keyOf(type: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(content)]);
}
const key = keyOf('ssh-ed25519', 'one');
const other = keyOf('ssh-ed25519', 'two');
const rsa = keyOf('ssh-rsa', 'three');
const base64 = key.toString('base64');

test('finds a host by its name, its port and patterns, but not by a comment', () => {
  const hosts = new KnownHosts(
    [
      '# a comment',
      '',
      'broken line',
      `one.example,192.0.2.1 ssh-ed25519 ${base64} a comment`,
      `[two.example]:2222 ssh-ed25519 ${base64}`,
      `*.three.example,!bad.three.example ssh-ed25519 ${base64}`,
      `h?st ssh-ed25519 ${base64}`,
      `@cert-authority * ssh-ed25519 ${other.toString('base64')}`,
    ].join('\n'),
  );
  const verdicts = (names: [string, number][]): string[] => names.map(([name, port]) => hosts.check(name, port, key));
  expect(
    verdicts([
      ['one.example', 22],
      ['ONE.example', 22],
      ['192.0.2.1', 22],
      ['two.example', 2222],
      ['a.three.example', 22],
      ['host', 22],
    ]),
  ).toEqual(Array.from({ length: 6 }, () => 'known'));
  expect(
    verdicts([
      ['one.example', 2222],
      ['two.example', 22],
      ['bad.three.example', 22],
      ['hoost', 22],
      ['oneXexample', 22],
    ]),
  ).toEqual(Array.from({ length: 5 }, () => 'unknown'));
  expect(hosts.check('one.example', 22, other)).toBe('changed');
  expect(hosts.check('one.example', 22, rsa)).toBe('unknown');
  expect(hosts.check('one.example', 22, Buffer.alloc(2))).toBe('unknown');
  expect(hosts.typesOf('one.example', 22)).toEqual(['ssh-ed25519']);
});

test('recognizes a revoked key anywhere in the file', () => {
  const hosts = new KnownHosts(`one ssh-ed25519 ${base64}\n@revoked * ssh-ed25519 ${base64}\n`);
  expect(hosts.check('one', 22, key)).toBe('revoked');
  expect(hosts.check('two', 22, key)).toBe('revoked');
});

test('finds names that ssh-keygen has hashed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-known-hosts-'));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  const [type, encoded] = readFileSync(join(folder, 'key.pub'), 'utf8').split(' ');
  const file = join(folder, 'known-hosts');
  writeFileSync(file, `box.example ${type} ${encoded}\n[box.example]:2222 ${type} ${encoded}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  expect(readFileSync(file, 'utf8')).not.toContain('box.example');
  const hosts = KnownHosts.read(file);
  const real = Buffer.from(encoded!, 'base64');
  expect(hosts.check('box.example', 22, real)).toBe('known');
  expect(hosts.check('box.example', 2222, real)).toBe('known');
  expect(hosts.check('box.example', 2223, real)).toBe('unknown');
  rmSync(folder, { recursive: true });
});

test('knows no host without a file, and fails if the file cannot be read', () => {
  expect(KnownHosts.read('/nowhere/known-hosts').check('one', 22, key)).toBe('unknown');
  expect(() => KnownHosts.read(tmpdir())).toThrow('EISDIR');
});
