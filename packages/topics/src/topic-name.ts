/** In bytes of UTF-8. */
const maxNameLength = 256;

/**
 * Checks a topic's name, which may come from a user.
 *
 * @throws {TypeError} if the name is not a string, is empty, is not well-formed Unicode, or contains control characters
 * @throws {RangeError} if it has more than 256 bytes
 */
export function assertTopicName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`Invalid topic name: expected a string that is not empty, got ${describe(name)}`);
  }
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) throw new TypeError('Invalid topic name: it holds control characters');
  if (/\p{Surrogate}/u.test(name)) throw new TypeError('Invalid topic name: not well-formed Unicode');
  const length = Buffer.byteLength(name);
  if (length > maxNameLength) {
    throw new RangeError(`Invalid topic name: it has ${length} bytes, more than ${maxNameLength}`);
  }
}

function describe(value: unknown): string {
  return value === '' ? "''" : typeof value;
}
