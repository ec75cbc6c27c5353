/** Our side of the connection: for framing it only decides masking (RFC 6455 §5.1). */
export type Role = 'server' | 'client';
