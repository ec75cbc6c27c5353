import { describe, expect, test } from 'vitest';
import { HandshakeError, ProtocolError } from '../src/errors.ts';

describe('ProtocolError', () => {
  test('has a name, code, close code and message', () => {
    const error = new ProtocolError('WS_ERR_INVALID_UTF8', 1007, 'Text is not valid UTF-8');
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('ProtocolError');
    expect(error.code).toBe('WS_ERR_INVALID_UTF8');
    expect(error.closeCode).toBe(1007);
    expect(String(error)).toBe('ProtocolError: Text is not valid UTF-8');
  });
});

describe('HandshakeError', () => {
  test('has a name, code, status, message and headers', () => {
    const error = new HandshakeError('WS_ERR_HANDSHAKE_METHOD', 405, 'Expected GET', { Allow: 'GET' });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('HandshakeError');
    expect(error.code).toBe('WS_ERR_HANDSHAKE_METHOD');
    expect(error.status).toBe(405);
    expect(error.message).toBe('Expected GET');
    expect(error.headers).toEqual({ Allow: 'GET' });
  });

  test('has no headers by default', () => {
    expect(new HandshakeError('WS_ERR_HANDSHAKE_KEY', 400, 'Expected a key').headers).toEqual({});
  });
});
