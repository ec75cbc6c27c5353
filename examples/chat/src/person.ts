/** A person in the chat, identified by the session, never by a message. */
export interface Person {
  /** A fresh UUID for each sign-in. */
  readonly id: string;
  readonly name: string;
}
