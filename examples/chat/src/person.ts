/** Who is chatting: known by the session, never by what a message says. */
export interface Person {
  /** A fresh UUID for each sign-in. */
  readonly id: string;
  readonly name: string;
}
