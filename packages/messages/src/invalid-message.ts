/** A message that does not match the definition. */
export class InvalidMessage extends Error {
  override readonly name = 'InvalidMessage';
  readonly code = 'MSG_ERR_INVALID';
  /** Which part of the message is invalid, such as `data.option`; `''` for the whole message. */
  readonly path: string;
  /** 1007 for what is not JSON text, 1008 for what does not match (RFC 6455 §7.4.1). */
  readonly closeCode: 1007 | 1008;

  constructor(message: string, path = '', closeCode: 1007 | 1008 = 1008) {
    super(message);
    this.path = path;
    this.closeCode = closeCode;
  }

  /** What a client is told. */
  toJSON(): { message: string; path: string } {
    return { message: this.message, path: this.path };
  }
}
