/** Which end of the connection we are: masking is all that it changes in framing (RFC 6455 §5.1). */
export type Role = 'server' | 'client';
