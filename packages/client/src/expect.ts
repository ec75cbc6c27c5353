/** @throws {TypeError} that names what is invalid, what was expected and what was passed */
export function expect(isValid: unknown, what: string, expected: string, got: unknown): void {
  if (!isValid) throw new TypeError(`Invalid ${what}: expected ${expected}, got ${got as string}`);
}
