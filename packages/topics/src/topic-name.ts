/** Bytes of UTF-8. */
const maxNameLength = 256;

/**
 * A topic's name may come from a user: whatever it holds, it is the name of that one topic.
 *
 * @throws {TypeError} on what is no string, or one that is empty, no Unicode, or holds control characters
 * @throws {RangeError} on more than 256 bytes
 */
export function assertTopicName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`Invalid topic name: expected a string that is not empty, got ${describe(name)}`);
  }
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) throw new TypeError('Invalid topic name: it holds control characters');
  if (/\p{Surrogate}/u.test(name)) throw new TypeError('Invalid topic name: it is no well-formed Unicode');
  const length = Buffer.byteLength(name);
  if (length > maxNameLength) {
    throw new RangeError(`Invalid topic name: it has ${length} bytes, more than ${maxNameLength}`);
  }
}

function describe(value: unknown): string {
  return value === '' ? "''" : typeof value;
}
