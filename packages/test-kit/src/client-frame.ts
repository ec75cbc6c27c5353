import { rawHeader } from './raw-frame.ts';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface ClientFrame {
  readonly opcode: keyof typeof opcodes;
  readonly payload?: string | Buffer;
  /** Default `true`. */
  readonly fin?: boolean;
  /** Default `false`. */
  readonly rsv1?: boolean;
  /** The length in the header. Default: that of the payload. */
  readonly announced?: number;
}

/** A frame as a client sends it, with a masking key of zeros, so that the payload stays readable. */
export function clientFrame({ opcode, payload = '', fin = true, rsv1 = false, announced }: ClientFrame): Buffer {
  const bytes = Buffer.from(payload as string);
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcodes[opcode];
  return Buffer.concat([rawHeader(first, announced ?? bytes.length, 0), bytes]);
}

export function textFrame(text: string): Buffer {
  return clientFrame({ opcode: 'text', payload: text });
}

/** The same frame repeated. */
export function repeated(frame: Buffer, times: number): Buffer {
  return Buffer.alloc(frame.length * times, frame);
}

export function closeFrame(code: number): Buffer {
  return clientFrame({ opcode: 'close', payload: Buffer.of(code >> 8, code & 0xff) });
}
