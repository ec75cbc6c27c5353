import { describe, expect, test } from 'vitest';
import { cutRelease, nextVersion, releaseNotes, unreleasedChanges } from '../../tools/changelog.mjs';

const changelog = `# Changelog

Words.

## Unreleased

### Fixed

- A fault.

## 0.1.0 - 2026-01-31

### New

- All of it.
`;

describe('the changelog', () => {
  test('is read by section', () => {
    expect(unreleasedChanges(changelog)).toBe('### Fixed\n\n- A fault.');
    expect(releaseNotes(changelog, '0.1.0')).toBe('### New\n\n- All of it.');
    expect(() => releaseNotes(changelog, '0.1')).toThrow('CHANGELOG.md has no section "## 0.1"');
  });

  test('moves unreleased changes to a version, and starts a new section', () => {
    const cut = cutRelease(changelog, '0.1.1', '2026-02-28');
    expect(unreleasedChanges(cut)).toBe('');
    expect(releaseNotes(cut, '0.1.1')).toBe('### Fixed\n\n- A fault.');
    expect(cut).toContain('## Unreleased\n\n## 0.1.1 - 2026-02-28\n\n### Fixed');
  });
});

describe('the next version', () => {
  test.each([
    ['0.1.0', 'Fixed', '0.1.1'],
    ['0.1.9', 'New', '0.2.0'],
    ['0.1.1', 'Breaking', '0.2.0'],
    ['1.2.3', 'Security', '1.2.4'],
    ['1.2.3', 'New', '1.3.0'],
    ['1.2.3', 'Breaking', '2.0.0'],
  ])('after %s with a change under %s is %s', (current, group, version) => {
    expect(nextVersion(current, `### ${group}\n\n- Something.`)).toBe(version);
  });

  test('does not exist without changes', () => {
    expect(() => nextVersion('1.0.0', '')).toThrow('Nothing to release');
  });
});
