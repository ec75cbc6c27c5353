/** Bytes, or their hex with spaces where a reader wants them. */
export type WireBytes = string | Buffer;

/** One rule, shown by the bytes that a client sends and the bytes that the server answers with. */
export interface WireRow {
  /** Of RFC 6455. */
  readonly section: string;
  readonly rule: string;
  /** Path and query; `/`, which echoes, unless given. */
  readonly target?: string;
  /** Sent together with the handshake. */
  readonly early?: WireBytes;
  /** Each element is a separate read. */
  readonly sent: WireBytes | readonly WireBytes[];
  /**
   * All bytes of the answer. Without `closeCode`, the connection must stay open: the runner then closes it with 1000,
   * and expects the same code after these bytes.
   */
  readonly answer: WireBytes;
  /** The code that the server's application receives, if `sent` ends the connection. */
  readonly closeCode?: number;
}

export function toBytes(bytes: WireBytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes.replaceAll(' ', ''), 'hex') : bytes;
}

/** Several pieces of hex and bytes as one. */
export function bytes(...pieces: readonly WireBytes[]): Buffer {
  return Buffer.concat(pieces.map(toBytes));
}

export function repeat(piece: WireBytes, times: number): Buffer {
  return Buffer.alloc(toBytes(piece).length * times, toBytes(piece));
}

/** The Close frame of a server that fails a connection: `88`, the length, the code, and the reason as UTF-8. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  return Buffer.concat([Buffer.of(0x88, 2 + text.length, code >> 8, code & 0xff), text]);
}

/** A row in which the server fails the connection with this code and reason, and sends nothing else. */
export function failing(code: number, reason: string): Pick<WireRow, 'answer' | 'closeCode'> {
  return { answer: closeFrame(code, reason), closeCode: code };
}
