import { Changes, type Change } from './changes.ts';
import type { DigestValue } from './digest.ts';
import { createMember, newerOf, nextStamp, type Member } from './member.ts';
import type { Person, Profile } from './person.ts';
import { RemoteRoster, type ListPage } from './remote-roster.ts';
import { Roster } from './roster.ts';

/** Keeps a person present for a while after they have left. */
export interface Grace {
  /** Calls `room.expire(id)` later; at once if there is no delay. */
  begin(id: string): void;
  end(id: string): void;
  /** Ends all delays. @returns the ids of the people concerned */
  clear(): Iterable<string>;
}

/**
 * Whether this node follows a room: nobody does, a follower has not been told of anybody yet, or a follower is told of
 * changes.
 */
type Following = 'nobody' | 'untold' | 'told';

/** A change of a person on this node. */
export interface News {
  readonly id: string;
  /** Undefined if the person has left. */
  readonly now: Member | undefined;
  /** Whether a person who has left gets no leave delay. */
  readonly atOnce: boolean;
}

/** Who is in a room, on all nodes: the union of what each node announces about its own people. */
export class Room {
  readonly topic: string;
  readonly #local = new Roster();
  /** Changes of {@link #local} that the other nodes have not been told. */
  readonly #news = new Changes();
  /** Changes of {@link #shown} that this node's subscribers have not been told. */
  readonly #changes = new Changes();
  /** People who left on this node without a leave delay. */
  readonly #leftAtOnce = new Set<string>();
  /** For each person, the members that their sockets on this node joined as, in order: the last one counts. */
  readonly #sockets = new Map<string, Member[]>();
  readonly #remote = new Map<string, RemoteRoster>();
  readonly #shown = new Map<string, Member>();
  #grace: Grace | undefined;
  #following: Following = 'nobody';

  constructor(topic: string) {
    this.topic = topic;
  }

  /** How many people are shown. */
  get size(): number {
    return this.#shown.size;
  }

  /** Whether {@link takeChanges} would yield a change. */
  get hasChanges(): boolean {
    return !this.#changes.isEmpty || (this.#following === 'untold' && this.#shown.size > 0);
  }

  /** As {@link hasChanges}, without the people present before the room was followed. */
  get hasNewChanges(): boolean {
    return !this.#changes.isEmpty;
  }

  /** The people on this node, for the other nodes. */
  get local(): Pick<Roster, 'size' | 'digest' | 'members'> {
    return this.#local;
  }

  /** A live iterator, see {@link Roster.members}. */
  members(): IterableIterator<Member> {
    return this.#shown.values();
  }

  /** Records changes for this node's subscribers from now on. For them, everybody already present has joined. */
  follow(grace: Grace): void {
    this.#grace = grace;
    this.#following = 'untold';
  }

  /** Ends all leave delays at once: the next follower may have another delay. */
  unfollow(): void {
    const left = this.#grace?.clear() ?? [];
    this.#grace = undefined;
    this.#following = 'nobody';
    this.#changes.clear();
    for (const id of left) this.expire(id);
  }

  /** A person has one more socket on this node. */
  join(profile: Profile): void {
    const { id } = profile.person;
    const member = createMember(profile, nextStamp(this.#shown.get(id)));
    const sockets = this.#sockets.get(id);
    if (sockets === undefined) this.#sockets.set(id, [member]);
    else sockets.push(member);
    this.#leftAtOnce.delete(id);
    this.#setLocal(id, member);
    this.update(id);
  }

  /**
   * A person has one socket less on this node.
   *
   * @param person the same object that the socket joined with
   */
  leave(person: Person, options: { readonly atOnce: boolean }): void {
    const { id } = person;
    const sockets = this.#sockets.get(id)?.filter((member) => member.person !== person) ?? [];
    const newest = sockets.at(-1);
    if (newest === undefined) this.#sockets.delete(id);
    else this.#sockets.set(id, sockets);
    if (newest === undefined && options.atOnce) this.#leftAtOnce.add(id);
    this.#setLocal(id, newest);
    this.update(id, options);
  }

  /** Takes the changes for this node's subscribers: a caller that stops iterating leaves the rest. */
  *takeChanges(): Generator<Change, void> {
    if (this.#following === 'untold') {
      this.#following = 'told';
      for (const id of this.#shown.keys()) this.#changes.note(id, undefined);
    }
    for (const change of this.#changes.take((id) => this.#shown.get(id))) {
      // Subscribers do not see the stamp.
      if (change.before?.text !== change.now?.text) yield change;
    }
  }

  /** Takes this node's changes for the other nodes: a caller that stops iterating leaves the rest. */
  *takeNews(): Generator<News, void> {
    for (const { id, now } of this.#news.take((each) => this.#local.get(each))) {
      yield { id, now, atOnce: this.#leftAtOnce.has(id) };
    }
    this.#leftAtOnce.clear();
  }

  hearJoined(node: string, members: readonly Member[]): void {
    const roster = this.#rosterOf(node);
    for (const member of members) {
      roster.join(member);
      this.update(member.person.id);
    }
  }

  hearLeft(node: string, ids: readonly string[], options: { readonly atOnce: boolean }): void {
    for (const id of ids) {
      this.#remote.get(node)?.leave(id);
      this.update(id, options);
    }
    this.#dropBlank(node);
  }

  hearList(node: string, page: ListPage): void {
    for (const id of this.#rosterOf(node).list(page)) this.update(id);
    this.#dropBlank(node);
  }

  /** Whether a node has exactly the people that this node knows of. */
  matches(node: string, digest: DigestValue): boolean {
    const roster = this.#remote.get(node);
    return roster === undefined ? digest.count === 0 : roster.equals(digest);
  }

  /** Whether a node has people in this room. */
  knows(node: string): boolean {
    return this.#remote.has(node);
  }

  /** A node has nobody in this room any more. @returns the ids to {@link update} */
  forget(node: string): Iterable<string> {
    const roster = this.#remote.get(node);
    this.#remote.delete(node);
    return roster?.ids() ?? [];
  }

  /** Computes again whether a person is present, and with which details. Idempotent; safe to call at any time. */
  update(id: string, { atOnce }: { readonly atOnce: boolean } = { atOnce: false }): void {
    const member = this.#newest(id);
    const shown = this.#shown.get(id);
    if (member === undefined) {
      if (shown === undefined) return;
      if (atOnce || this.#grace === undefined) this.expire(id);
      else this.#grace.begin(id);
      return;
    }
    this.#grace?.end(id);
    if (shown?.text === member.text && shown.stamp === member.stamp) return;
    this.#noteChange(id, shown);
    this.#shown.set(id, member);
  }

  /** The leave delay of a person has ended. */
  expire(id: string): void {
    const shown = this.#shown.get(id);
    if (shown === undefined || this.#newest(id) !== undefined) return;
    this.#grace?.end(id);
    this.#noteChange(id, shown);
    this.#shown.delete(id);
  }

  #setLocal(id: string, member: Member | undefined): void {
    this.#news.note(id, this.#local.get(id));
    if (member === undefined) this.#local.delete(id);
    else this.#local.set(member);
  }

  #noteChange(id: string, before: Member | undefined): void {
    if (this.#following === 'told') this.#changes.note(id, before);
  }

  #rosterOf(node: string): RemoteRoster {
    const known = this.#remote.get(node);
    if (known !== undefined) return known;
    const roster = new RemoteRoster();
    this.#remote.set(node, roster);
    return roster;
  }

  #dropBlank(node: string): void {
    if (this.#remote.get(node)?.isBlank) this.#remote.delete(node);
  }

  #newest(id: string): Member | undefined {
    let newest = this.#local.get(id);
    for (const roster of this.#remote.values()) newest = newerOf(newest, roster.get(id));
    return newest;
  }
}
