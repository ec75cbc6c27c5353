import type { Person } from './people/person.ts';

export interface TopicEvents {
  /** A person has joined, with their first socket on any node. */
  join: [person: Person];
  /** A person has left, with their last socket on any node. */
  leave: [person: Person];
  /** A person who is present has new details. */
  change: [person: Person];
  /** Messages are missing on this node and will not arrive. */
  gap: [];
}
