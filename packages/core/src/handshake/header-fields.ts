/** The header fields of a request by lower-case name, each with all its values in the order received. */
export type HeaderFields = ReadonlyMap<string, readonly string[]>;

const none: readonly string[] = [];

/**
 * Gathers Node's flat `rawHeaders` (name, value, name, value…) by name.
 *
 * `request.headers` joins or drops repeated fields, and is a plain object whose keys the client chose.
 */
export function gatherFields(rawHeaders: readonly string[]): HeaderFields {
  const fields = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    const value = rawHeaders[index + 1]!;
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return fields;
}

/** All values of one field; empty if the request does not have it. */
export function fieldValues(fields: HeaderFields, name: string): readonly string[] {
  return fields.get(name) ?? none;
}
