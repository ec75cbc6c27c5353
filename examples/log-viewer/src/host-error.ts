import type { Host } from './log-store.ts';

export interface HostErrorOptions {
  /** Whether retrying is pointless. */
  readonly isFinal: boolean;
  /** For the operator of the log viewer, not for readers: files of this machine, messages of other programs. */
  readonly detail?: string | undefined;
}

/** Why a host cannot be read at the moment, in one line for the reader. */
export class HostError extends Error {
  readonly isFinal: boolean;
  readonly detail: string | undefined;

  constructor(message: string, { isFinal, detail }: HostErrorOptions) {
    super(message);
    this.isFinal = isFinal;
    this.detail = detail;
  }
}

type SshError = NodeJS.ErrnoException & { readonly level?: string };

/** Turns an error of ssh into a message that names the host and says what to do. */
export function explain(host: Host, error: SshError): HostError {
  if (error instanceof HostError) return error;
  const place = placeOf(host);
  const detail = `${place}: ${error.message}`;
  if (error.level === 'client-authentication') {
    const words = `${place} does not accept the login of ${host.login}`;
    const keys = host.keyFile ?? 'the keys of the agent';
    return new HostError(`${words}: ${seeOutput}`, { isFinal: true, detail: `${words} with ${keys}` });
  }
  if (error.level === 'agent') {
    const message = `The ssh agent cannot be asked for the keys of ${place}: ${seeOutput}`;
    return new HostError(message, { isFinal: true, detail });
  }
  const words = faults[error.code ?? ''] ?? faults[error.level ?? ''];
  // Messages of other errors may name files of this machine.
  return new HostError(`Cannot reach ${place}: ${words ?? seeOutput}`, {
    isFinal: false,
    ...(words === undefined && { detail }),
  });
}

/** For readers, instead of details that they must not see. */
export const seeOutput = 'the output of the log viewer says more';

/** By the error's code or level. */
const faults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'there is no such address',
  EAI_AGAIN: 'there is no such address',
  EHOSTUNREACH: 'there is no way there',
  ENETUNREACH: 'there is no way there',
  'client-timeout': 'no answer',
};

/** A host's name and address, for people. */
export function placeOf({ name, address, port }: Host): string {
  return `${name} (${address}:${port})`;
}
