/** Frame opcodes (RFC 6455 §5.2, §11.8). */
export const Opcode = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const;

export type Opcode = (typeof Opcode)[keyof typeof Opcode];

export type ControlOpcode = typeof Opcode.Close | typeof Opcode.Ping | typeof Opcode.Pong;

/** The longest payload of a control frame, in bytes (§5.5). */
export const maxControlPayload = 125;

/** Opcodes with the high bit of the nibble set are control frames (§5.5). */
export function isControl(opcode: Opcode): opcode is ControlOpcode {
  return opcode >= Opcode.Close;
}
