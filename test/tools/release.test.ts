import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishedFolders } from '../architecture/read-workspace.ts';
import { copyRepository } from './copy-repository.ts';

let repository: string;
const identity = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com' };
const committer = { GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.com' };
const env = { ...process.env, ...identity, ...committer };

beforeEach(async () => {
  repository = await copyRepository(/^(tools\/[^/]+\.mjs|.*package\.json|tsconfig\.json|CHANGELOG\.md)$/);
  for (const parameters of [
    ['init', '--quiet'],
    ['add', '.'],
    ['commit', '--quiet', '-m', 'start'],
  ])
    git(...parameters);
});
afterEach(() => rmSync(repository, { recursive: true, force: true }));

function git(...parameters: string[]): string {
  return execFileSync('git', parameters, { cwd: repository, env, encoding: 'utf8' }).trim();
}

function tool(name: string, ...parameters: string[]): { status: number | null; stdout: string; stderr: string } {
  const script = join(repository, 'tools', name);
  return spawnSync(process.execPath, [script, ...parameters], { cwd: repository, env, encoding: 'utf8' });
}

function versions(): string[] {
  const manifests = publishedFolders().map((folder) => readFileSync(join(repository, folder, 'package.json'), 'utf8'));
  return [...new Set(manifests.map((text) => (JSON.parse(text) as { version: string }).version))];
}

test('a release is one commit with one version of all packages, a section of the changelog, and a tag', () => {
  const [before] = versions();
  writeFileSync(join(repository, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n### New\n\n- Something.\n');
  git('commit', '--quiet', '-am', 'changelog: something');
  expect(tool('release.mjs', '7.8.9')).toMatchObject({ status: 0, stderr: '' });
  expect(before).not.toBe('7.8.9');
  expect(versions()).toEqual(['7.8.9']);
  expect(git('log', '-1', '--format=%s')).toBe('release: 7.8.9');
  expect(git('describe', '--exact-match')).toBe('v7.8.9');
  expect(git('status', '--porcelain')).toBe('');
  expect(tool('release-notes.mjs', 'v7.8.9')).toMatchObject({ status: 0, stdout: '### New\n\n- Something.\n' });
});

test('a release takes its version from the changelog', () => {
  expect(tool('release.mjs').status).toBe(0);
  expect(versions()).toEqual([git('describe', '--exact-match').slice(1)]);
});

test('nothing is released with uncommitted changes, without a change, or with an invalid version', () => {
  expect(tool('release.mjs', 'next').stderr).toBe('The version is 1.2.3 or the like, got next\n');
  writeFileSync(join(repository, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n');
  expect(tool('release.mjs')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Something is not committed'),
  });
  git('commit', '--quiet', '-am', 'changelog: nothing');
  expect(tool('release.mjs')).toMatchObject({ status: 1, stderr: expect.stringContaining('Nothing to release') });
});

test('a tag of another version than that of the packages has no notes', () => {
  expect(tool('release-notes.mjs', 'v99.0.0')).toMatchObject({ status: 1, stdout: '' });
});
