import type { Host } from './log-store.ts';

/** Why a host cannot be read from just now, in a line for the reader. `isFinal` where trying again is of no use. */
export class HostError extends Error {
  readonly isFinal: boolean;

  constructor(message: string, { isFinal }: { readonly isFinal: boolean }) {
    super(message);
    this.isFinal = isFinal;
  }
}

type SshError = NodeJS.ErrnoException & { readonly level?: string };

/** Says of what ssh reports which host it was, and what is to be done. */
export function explain(host: Host, error: SshError): HostError {
  if (error instanceof HostError) return error;
  const fault = faults[error.code ?? ''] ?? faults[error.level ?? ''] ?? ((): Fault => ({ words: error.message }));
  const { words, isFinal = false } = fault(host, error);
  return new HostError(isFinal ? words : `Cannot reach ${placeOf(host)}: ${words}`, { isFinal });
}

interface Fault {
  readonly words: string;
  readonly isFinal?: boolean;
}

/** By the error's code, or the level that ssh2 gives it. */
const faults: Readonly<Record<string, (host: Host, error: SshError) => Fault>> = {
  ECONNREFUSED: () => ({ words: 'the connection was refused' }),
  ECONNRESET: () => ({ words: 'the connection was cut' }),
  ENOTFOUND: () => ({ words: 'there is no such address' }),
  EAI_AGAIN: () => ({ words: 'there is no such address' }),
  EHOSTUNREACH: () => ({ words: 'there is no way there' }),
  ENETUNREACH: () => ({ words: 'there is no way there' }),
  ENOENT: keyFault,
  EACCES: keyFault,
  'client-timeout': () => ({ words: 'no answer' }),
  'client-authentication': (host) => ({
    words: `${placeOf(host)} does not accept the login of ${host.login} with ${host.keyFile ?? 'the keys of the agent'}`,
    isFinal: true,
  }),
  agent: (_host, { message }) => ({ words: `The ssh agent cannot be asked for keys: ${message}`, isFinal: true }),
};

function keyFault(host: Host, { message }: SshError): Fault {
  return { words: `The key of ${host.name} cannot be read: ${message}`, isFinal: true };
}

/** A host's name and address, for people. */
export function placeOf({ name, address, port }: Host): string {
  return `${name} (${address}:${port})`;
}
