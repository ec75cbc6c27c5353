import { describe, expect, test } from 'vitest';
import { isAuthority } from '../../src/handshake/authority.ts';

describe('isAuthority (RFC 9112 §3.2, RFC 3986 §3.2.2)', () => {
  test.each([
    'example.com',
    'EXAMPLE.com',
    'a-b_c~d.example.',
    'localhost:3000',
    'example.com:',
    'example.com:0',
    'example.com:65535',
    '127.0.0.1:80',
    '[::1]',
    '[::1]:8080',
    '[2001:DB8::ffff:192.0.2.1]:443',
  ])('takes %s', (text) => {
    expect(isAuthority(text)).toBe(true);
  });

  test.each([
    '',
    ':80',
    '[]',
    '[]:80',
    '[::1',
    '[::g]',
    '[::1]80',
    '[::1%25eth0]',
    '::1',
    'a:b',
    'a:8 0',
    'a:80:80',
    'a:-1',
    'a:65536',
    'a:100000',
    'a:000080',
    'user@example.com',
    'example.com/path',
    'example.com?q',
    'example.com#f',
    'a,b',
    'a b',
    ' a',
    'a\tb',
    'a%2eb',
    'a\\b',
    'a`b',
    'a{b',
    'exämple.com',
    '<a>',
    '\0',
  ])('refuses %j', (text) => {
    expect(isAuthority(text)).toBe(false);
  });
});
