import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { Connection } from '../../src/protocol/connection.ts';
import { peerFrame, rawFrame } from '@turnout/test-kit/raw-frame';
import { drive, framesWritten } from '@turnout/test-kit/driven';

const server = (limits = {}): Connection => new Connection({ role: 'server', limits });
const fromPeer = (first: number, payload: Uint8Array | string = ''): Buffer => peerFrame('server', first, payload);
/** A server's short frames, each in hex. */
function written(connection: Connection): string[] {
  const bytes = Buffer.concat(connection.takeOutput());
  const frames: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + 2 + bytes[start + 1]!;
    frames.push(bytes.toString('hex', start, end));
    start = end;
  }
  return frames;
}
const closeFrame = (code: string, reason = ''): Buffer =>
  fromPeer(0x88, Buffer.concat([Buffer.from(code, 'hex'), Buffer.from(reason)]));

describe('a connection', () => {
  test('is open at first, with nothing to write and no close code', () => {
    const connection = server();
    expect(connection.state).toBe('open');
    expect(connection.closeInfo).toBeNull();
    expect(connection.outputLength).toBe(0);
    expect(connection.owesPong).toBe(false);
    expect(connection.takePong()).toBeNull();
    expect(connection.takeOutput()).toEqual([]);
    expect(connection.next()).toBeNull();
  });

  test('rejects an invalid limit', () => {
    expect(() => server({ maxPayload: -1 })).toThrow(RangeError);
  });

  test.each(['server', 'client'] as const)('delivers text, bytes, Pings and Pongs as a %s', (role) => {
    const connection = new Connection({ role });
    const frames = [
      peerFrame(role, 0x81, 'text'),
      peerFrame(role, 0x82, 'bytes'),
      peerFrame(role, 0x89, 'ping'),
      peerFrame(role, 0x8a, 'pong'),
    ];
    expect(drive(connection, frames)).toEqual(['text text', 'binary bytes', 'ping ping', 'pong pong']);
  });

  test('rethrows an error that is not a fault of the peer', () => {
    const connection = server();
    connection.receive(new Uint8Array([0x89, 0x80, 0, 0, 0, 0]) as Buffer);
    expect(() => connection.next()).toThrow(TypeError);
  });
});

describe('send', () => {
  const text = { isBinary: false, fin: true };

  test('frames text and bytes, and counts the output', () => {
    const connection = server();
    expect(connection.send({ data: 'κ', ...text })).toBe(true);
    expect(connection.send({ data: Buffer.from('ok'), ...text })).toBe(true);
    expect(connection.send({ data: Buffer.of(255), isBinary: true, fin: true })).toBe(true);
    expect(connection.outputLength).toBe(11);
    expect(written(connection)).toEqual(['8102ceba', '81026f6b', '8201ff']);
    expect(connection.outputLength).toBe(0);
  });

  test('frames fragments as one message, with Pings between them', () => {
    const connection = server();
    connection.send({ data: 'a', isBinary: false, fin: false });
    connection.ping();
    connection.send({ data: 'b', isBinary: false, fin: false });
    connection.send({ data: 'c', isBinary: false, fin: true });
    connection.send({ data: 'd', isBinary: true, fin: true });
    expect(written(connection)).toEqual(['010161', '8900', '000162', '800163', '820164']);
  });

  test('throws on bytes sent as text that are not UTF-8, and sends nothing', () => {
    const connection = server();
    const message = 'Invalid text message: expected UTF-8';
    expect(() => connection.send({ data: Buffer.of(255), ...text })).toThrow(new TypeError(message));
    expect(connection.outputLength).toBe(0);
  });

  test('masks as a client', () => {
    const connection = new Connection({ role: 'client' });
    connection.send({ data: 'Hello', ...text });
    const output = connection.takeOutput();
    expect(Buffer.from(output[0]!).subarray(0, 2).toString('hex')).toBe('8185');
    expect(framesWritten('client', output)).toEqual(['81 Hello']);
  });

  test('writes nothing once a Close frame was sent or received, or the transport has ended', () => {
    const closing = server();
    closing.close();
    const closed = server();
    drive(closed, [fromPeer(0x88)]);
    const ended = server();
    ended.endOfStream();
    for (const connection of [closing, closed, ended]) {
      connection.takeOutput();
      expect(connection.send({ data: 'late', ...text })).toBe(false);
      expect(connection.ping('late')).toBe(false);
      expect(connection.pong('late')).toBe(false);
      expect(connection.takeOutput()).toEqual([]);
    }
  });
});

describe('ping and pong', () => {
  test('frame up to 125 bytes', () => {
    const connection = server();
    expect(connection.ping()).toBe(true);
    expect(connection.pong()).toBe(true);
    expect(connection.ping('κ')).toBe(true);
    expect(connection.pong(Buffer.alloc(125))).toBe(true);
    expect(written(connection)).toEqual(['8900', '8a00', '8902ceba', `8a7d${'00'.repeat(125)}`]);
  });

  test('throw a RangeError on 126 bytes, text counted as UTF-8', () => {
    const message = 'Invalid control frame: expected at most 125 bytes, got 126';
    expect(() => server().ping('κ'.repeat(63))).toThrow(new RangeError(message));
    expect(() => server().pong(Buffer.alloc(126))).toThrow(new RangeError(message));
  });
});

describe('a Ping of the peer', () => {
  test('is always answered, in order', () => {
    const connection = server();
    connection.send({ data: 'a', isBinary: false, fin: true });
    drive(connection, [fromPeer(0x89, 'one')]);
    connection.send({ data: 'b', isBinary: false, fin: true });
    drive(connection, [Buffer.concat([fromPeer(0x89, 'two'), fromPeer(0x89)])]);
    expect(Buffer.concat(connection.takeOutput()).toString('hex')).toBe('8101618a036f6e658101628a0374776f8a00');
    expect([connection.owesPong, connection.takePong()]).toEqual([false, null]);
  });

  test('is answered with a masked Pong by a client', () => {
    const connection = new Connection({ role: 'client' });
    drive(connection, [rawFrame(0x89, 'one')]);
    expect(framesWritten('client', connection.takeOutput())).toEqual(['8a one']);
  });

  test('is answered after the transport was busy, but only the latest', () => {
    const connection = server();
    connection.isTransportFree = false;
    const pings = Array.from({ length: 1000 }, (_, index) => fromPeer(0x89, String(index)));
    expect(drive(connection, pings)).toHaveLength(1000);
    expect([connection.owesPong, connection.outputLength]).toEqual([true, 0]);
    expect(connection.takePong()!.toString('latin1')).toBe('\x8a\x03999');
    expect([connection.owesPong, connection.takePong()]).toEqual([false, null]);
    connection.isTransportFree = true;
    drive(connection, [fromPeer(0x89, 'one')]);
    expect(written(connection)).toEqual(['8a036f6e65']);
  });

  test('does not keep the chunk that it arrived in', () => {
    const connection = server();
    connection.isTransportFree = false;
    const chunk = fromPeer(0x89, 'one');
    connection.receive(chunk);
    connection.next();
    chunk.fill(0);
    expect(connection.takePong()!.toString('hex')).toBe('8a036f6e65');
  });

  test('is answered before our Close frame, even if the transport is busy', () => {
    const connection = server();
    connection.isTransportFree = false;
    drive(connection, [fromPeer(0x89, 'one')]);
    connection.close(1000);
    expect(written(connection)).toEqual(['8a036f6e65', '880203e8']);
    expect(connection.owesPong).toBe(false);
  });

  test('is reported, but not answered, after our Close frame', () => {
    const connection = server();
    connection.close();
    expect(drive(connection, [fromPeer(0x89, 'one')])).toEqual(['ping one']);
    expect(connection.owesPong).toBe(false);
  });
});

describe('the closing handshake', () => {
  test('begun by the peer is answered with its own payload and ends the connection', () => {
    const connection = server();
    expect(drive(connection, [closeFrame('0fa0', 'bye')])).toEqual(['close']);
    expect(connection.state).toBe('closed');
    expect(connection.closeInfo).toEqual({ code: 4000, reason: 'bye', wasClean: true });
    expect(written(connection)).toEqual(['88050fa0627965']);
  });

  test('begun by the peer without a code is 1005', () => {
    const connection = server();
    drive(connection, [fromPeer(0x88)]);
    expect(connection.closeInfo).toEqual({ code: 1005, reason: '', wasClean: true });
    expect(written(connection)).toEqual(['8800']);
  });

  test('begun by us waits for the answer and drops messages until then', () => {
    const connection = server();
    connection.close(1001, 'away');
    expect(connection.state).toBe('closing-local');
    expect(connection.closeInfo).toBeNull();
    expect(written(connection)).toEqual(['880603e961776179']);
    expect(drive(connection, [fromPeer(0x81, 'late'), fromPeer(0x8a, 'p'), fromPeer(0x88)])).toEqual([
      'pong p',
      'close',
    ]);
    expect(connection.closeInfo).toEqual({ code: 1005, reason: '', wasClean: true });
    expect(connection.outputLength).toBe(0);
  });

  test('is begun once', () => {
    const connection = server();
    connection.close(1000);
    connection.close(1001);
    expect(written(connection)).toEqual(['880203e8']);
  });

  test('throws on an invalid code, and the connection stays open', () => {
    const connection = server();
    expect(() => connection.close(1005)).toThrow(RangeError);
    expect(() => connection.close(1000, 'κ'.repeat(62))).toThrow(RangeError);
    expect(connection.state).toBe('open');
    expect(connection.outputLength).toBe(0);
  });

  test("ends reading: anything after the peer's Close frame is ignored", () => {
    const connection = server();
    const frames = Buffer.concat([fromPeer(0x88), fromPeer(0x81, 'late'), Buffer.of(0xff, 0xff)]);
    expect(drive(connection, [frames, fromPeer(0x88), Buffer.of(0xff)])).toEqual(['close']);
    expect(written(connection)).toEqual(['8800']);
  });
});

describe('a fault of the peer', () => {
  test('is an error event, with a Close frame that has its code and reason', () => {
    const connection = server();
    expect(drive(connection, [fromPeer(0x81, 'fine'), Buffer.from('8100', 'hex'), fromPeer(0x81, 'late')])).toEqual([
      'text fine',
      'error 1002 WS_ERR_EXPECTED_MASK: A client must mask (§5.1)',
    ]);
    expect(connection.state).toBe('closed');
    expect(connection.closeInfo).toEqual({ code: 1002, reason: 'A client must mask (§5.1)', wasClean: false });
    expect(framesWritten('server', connection.takeOutput())).toEqual([
      `88 \x03\xea${Buffer.from('A client must mask (§5.1)').toString('latin1')}`,
    ]);
  });

  test.each(['00', '03ec', '03ee'])('in the payload %s of its Close frame is answered with 1002', (payload) => {
    const connection = server();
    expect(drive(connection, [closeFrame(payload)])[0]).toContain('error 1002 WS_ERR_INVALID_CLOSE');
    expect(Buffer.from(connection.takeOutput()[0]!).subarray(2, 4).toString('hex')).toBe('03ea');
  });

  test('after our Close frame ends the connection without a second one', () => {
    const connection = server();
    connection.close(1000);
    connection.takeOutput();
    expect(drive(connection, [closeFrame('03e8ff')])).toEqual([
      'error 1007 WS_ERR_INVALID_UTF8: Close reason is not valid UTF-8 (§5.5.1)',
    ]);
    expect(connection.closeInfo).toMatchObject({ code: 1007, wasClean: false });
    expect(connection.outputLength).toBe(0);
  });

  test('includes exceeding the given limits', () => {
    expect(drive(server({ maxPayload: 3 }), [fromPeer(0x81, 'four')])[0]).toContain('error 1009');
  });
});

describe('fail', () => {
  test('truncates a long message to fit into the Close frame', () => {
    const connection = server();
    connection.fail(new ProtocolError('WS_ERR_SLOW_PEER', 1013, 'x'.repeat(200)));
    expect(written(connection)).toEqual([`887d03f5${'78'.repeat(123)}`]);
    expect(connection.closeInfo).toEqual({ code: 1013, reason: 'x'.repeat(123), wasClean: false });
  });

  test('does nothing once the connection has ended', () => {
    const connection = server();
    drive(connection, [fromPeer(0x88)]);
    connection.takeOutput();
    connection.fail(new ProtocolError('WS_ERR_SLOW_PEER', 1013, 'late'));
    expect(connection.closeInfo).toEqual({ code: 1005, reason: '', wasClean: true });
    expect(connection.outputLength).toBe(0);
  });
});

describe('endOfStream', () => {
  test('without a Close frame of the peer is 1006', () => {
    const connection = server();
    connection.endOfStream();
    expect(connection.state).toBe('closed');
    expect(connection.closeInfo).toEqual({ code: 1006, reason: '', wasClean: false });
  });

  test('while our Close frame is unanswered is 1006', () => {
    const connection = server();
    connection.close(1000);
    connection.endOfStream();
    expect(connection.closeInfo).toEqual({ code: 1006, reason: '', wasClean: false });
  });

  test('after the closing handshake changes nothing', () => {
    const connection = server();
    drive(connection, [closeFrame('03e8')]);
    connection.endOfStream();
    expect(connection.closeInfo).toEqual({ code: 1000, reason: '', wasClean: true });
  });
});
