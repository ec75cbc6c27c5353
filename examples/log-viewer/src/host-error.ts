import type { Host } from './log-store.ts';

export interface HostErrorOptions {
  /** Trying again is of no use. */
  readonly isFinal: boolean;
  /** For who runs the log viewer, not for who reads logs: files of this machine, words of other programs. */
  readonly detail?: string | undefined;
}

/** Why a host cannot be read from just now, in a line for the reader. */
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

/** Says of what ssh reports which host it was, and what is to be done. */
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
  // What another error says may name files of this machine.
  return new HostError(`Cannot reach ${place}: ${words ?? seeOutput}`, {
    isFinal: false,
    ...(words === undefined && { detail }),
  });
}

/** For a reader, in place of what is not theirs to know. */
export const seeOutput = 'the output of the log viewer says more';

/** By the error's code, or its level. */
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
