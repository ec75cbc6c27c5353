/** Somebody who is subscribed, over however many sockets and nodes. */
export interface Person {
  readonly id: string;
  /** What others are to know of them; JSON. */
  readonly details?: unknown;
}

/** @throws {TypeError} on what is no person, or one whose details are no JSON */
export function assertPerson(person: unknown): asserts person is Person {
  const { id, details } = Object(person) as Partial<Person>;
  if (typeof id !== 'string' || id === '') {
    throw new TypeError('Invalid person: expected an id that is a string and not empty');
  }
  if (details !== undefined && JSON.stringify(details) === undefined) {
    throw new TypeError(`Invalid details of person ${id}: they are no JSON`);
  }
}
