/** A place in the history of a topic. */
export interface Position {
  /** Of which history: one that was lost and begun anew is another. */
  readonly epoch: string;
  /** Counts the messages of the epoch, from 1. */
  readonly offset: number;
}

/** Reads a position that a client sends; `undefined` for what is none. */
export function parsePosition(value: unknown): Position | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { epoch, offset } = value as Partial<Position>;
  if (typeof epoch !== 'string' || epoch.length > maxEpochLength) return undefined;
  if (!Number.isSafeInteger(offset) || offset! < 0) return undefined;
  return { epoch, offset: offset! };
}

const maxEpochLength = 64;
