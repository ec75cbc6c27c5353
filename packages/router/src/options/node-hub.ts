/** Carries text between the nodes of an app; a hub of `@turnout/topics` is one. */
export interface NodeHub {
  /**
   * @param listener called with what any node sends under the name
   * @returns sends to all; resolves with `false` where it did not reach the others
   */
  link(name: string, listener: (text: string) => void): (text: string) => Promise<boolean>;
}
