export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface ClientFrame {
  readonly opcode: keyof typeof opcodes;
  readonly payload?: string | Buffer;
  /** Default `true`. */
  readonly fin?: boolean;
  /** Default `false`. */
  readonly rsv1?: boolean;
  /** The length that the header says; that of the payload unless given. */
  readonly announced?: number;
}

/** A frame as a client sends it, with a masking key of zeros: the payload stays readable. */
export function clientFrame({ opcode, payload = '', fin = true, rsv1 = false, announced }: ClientFrame): Buffer {
  const bytes = Buffer.from(payload as string);
  const length = announced ?? bytes.length;
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcodes[opcode];
  return Buffer.concat([Buffer.of(first), lengthBytes(length), Buffer.alloc(4), bytes]);
}

function lengthBytes(length: number): Buffer {
  if (length < 126) return Buffer.of(0x80 | length);
  if (length < 65_536) return Buffer.of(0xfe, length >> 8, length & 0xff);
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xff;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** The same frame many times over. */
export function repeated(frame: Buffer, times: number): Buffer {
  return Buffer.alloc(frame.length * times, frame);
}

export function closeFrame(code: number): Buffer {
  return clientFrame({ opcode: 'close', payload: Buffer.of(code >> 8, code & 0xff) });
}
