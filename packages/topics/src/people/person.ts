/** A subscriber with an identity, on any number of sockets and nodes. */
export interface Person {
  /** 1 to 256 bytes of UTF-8. */
  readonly id: string;
  /** Public details of the person; JSON of at most `presence.maxDetailsBytes`. */
  readonly details?: unknown;
}

/** A person with their JSON, the same on every node and client. */
export interface Profile {
  readonly person: Person;
  readonly text: string;
}

const maxIdBytes = 256;
/** The maximum of `presence.maxDetailsBytes`, so that a page of people stays under 64 KiB. */
export const longestDetails = 16 * 1024;

/**
 * @param maxDetailsBytes as JSON
 * @throws {TypeError} if it is not a person, or the details are not JSON
 * @throws {RangeError} if the id or the details are too long
 */
export function createProfile(person: unknown, maxDetailsBytes: number): Profile {
  const { id, details } = Object(person) as Partial<Person>;
  if (typeof id !== 'string' || id === '') {
    throw new TypeError('Invalid person: expected an id that is a string and not empty');
  }
  const idBytes = Buffer.byteLength(id);
  if (idBytes > maxIdBytes) {
    throw new RangeError(`Invalid person: expected an id of at most ${maxIdBytes} bytes, got ${idBytes}`);
  }
  const json = details === undefined ? undefined : stringify(id, details);
  const bytes = json === undefined ? 0 : Buffer.byteLength(json);
  if (bytes > maxDetailsBytes) {
    throw new RangeError(
      `Invalid details of person ${id}: expected at most ${maxDetailsBytes} bytes of JSON (presence.maxDetailsBytes), got ${bytes}`,
    );
  }
  const start = `{"id":${JSON.stringify(id)}`;
  if (json === undefined) return { person: { id }, text: `${start}}` };
  // A copy, so that later changes to the application's object have no effect.
  return { person: { id, details: JSON.parse(json) as unknown }, text: `${start},"details":${json}}` };
}

function stringify(id: string, details: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(details) as string | undefined;
  } catch (error) {
    throw new TypeError(`Invalid details of person ${id}: expected JSON, got ${(error as Error).message}`);
  }
  if (json === undefined) throw new TypeError(`Invalid details of person ${id}: expected JSON, got ${typeof details}`);
  return json;
}
