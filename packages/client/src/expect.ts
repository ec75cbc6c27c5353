/** @throws {TypeError} that says what was wrong, what is expected and what was got */
export function expect(isValid: boolean, what: string, expected: string, got: unknown): void {
  if (!isValid) throw new TypeError(`Invalid ${what}: expected ${expected}, got ${got as string}`);
}
