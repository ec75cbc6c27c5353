/** A place in the history of a topic. */
export interface Position {
  /** Identifies the history: a history that was lost and started from scratch has another epoch. */
  readonly epoch: string;
  /** The message's number in the epoch, from 1. */
  readonly offset: number;
}

/** Parses a position sent by a client; `undefined` if it is malformed. */
export function parsePosition(value: unknown): Position | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { epoch, offset } = value as Partial<Position>;
  if (typeof epoch !== 'string' || epoch.length > maxEpochLength) return undefined;
  if (!Number.isSafeInteger(offset) || offset! < 0) return undefined;
  return { epoch, offset: offset! };
}

const maxEpochLength = 64;
