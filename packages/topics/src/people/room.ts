import { Changes, type Change } from './changes.ts';
import type { DigestValue } from './digest.ts';
import { createMember, newerOf, nextStamp, type Member } from './member.ts';
import type { Person, Profile } from './person.ts';
import { RemoteRoster, type ListPage } from './remote-roster.ts';
import { Roster } from './roster.ts';

/** Has somebody count as there for a while after they have left. */
export interface Grace {
  /** Calls `room.expire(id)` later; at once if there is no delay. */
  begin(id: string): void;
  end(id: string): void;
  /** Ends it for all, and gives who they were. */
  clear(): Iterable<string>;
}

/**
 * Whether somebody on this node wants to know who is in a room: nobody, a follower that has been told of nobody yet, or
 * one that is told of changes.
 */
type Following = 'nobody' | 'untold' | 'told';

/** What has changed of somebody on this node. */
export interface News {
  readonly id: string;
  /** Undefined for somebody who has left. */
  readonly now: Member | undefined;
  /** Whether somebody who has left is given no time to come back. */
  readonly atOnce: boolean;
}

/** Who is in a room, on all nodes: the union of what each node says of its own. */
export class Room {
  readonly topic: string;
  readonly #local = new Roster();
  /** Of {@link #local}, not yet told to the other nodes. */
  readonly #news = new Changes();
  /** Of {@link #shown}, not yet told to the subscribers of this node. */
  readonly #changes = new Changes();
  /** Those who left on this node, and are not to be given time to come back. */
  readonly #leftAtOnce = new Set<string>();
  /** By person, as whom each of their sockets on this node has come, in that order: the last counts. */
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

  /** Whether {@link takeChanges} has something to give. */
  get hasChanges(): boolean {
    return !this.#changes.isEmpty || (this.#following === 'untold' && this.#shown.size > 0);
  }

  /** The same, but for who was here before it was followed. */
  get hasNewChanges(): boolean {
    return !this.#changes.isEmpty;
  }

  /** Who is here on this node, for the others. */
  get local(): Pick<Roster, 'size' | 'digest' | 'members'> {
    return this.#local;
  }

  /** Follows changes: see {@link Roster.members}. */
  members(): IterableIterator<Member> {
    return this.#shown.values();
  }

  /** From now on changes are kept for the subscribers of this node. Who is here already is a change to them. */
  follow(grace: Grace): void {
    this.#grace = grace;
    this.#following = 'untold';
  }

  /** Whoever follows next may give other times: nobody who has left is waited for. */
  unfollow(): void {
    const left = this.#grace?.clear() ?? [];
    this.#grace = undefined;
    this.#following = 'nobody';
    this.#changes.clear();
    for (const id of left) this.expire(id);
  }

  /** Somebody has one socket more on this node. */
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
   * Somebody has one socket less on this node.
   *
   * @param person the same object that the socket has joined with
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

  /** Takes what the subscribers of this node are to be told: whoever stops asking leaves the rest. */
  *takeChanges(): Generator<Change, void> {
    if (this.#following === 'untold') {
      this.#following = 'told';
      for (const id of this.#shown.keys()) this.#changes.note(id, undefined);
    }
    for (const change of this.#changes.take((id) => this.#shown.get(id))) {
      // The stamp is for nodes alone.
      if (change.before?.text !== change.now?.text) yield change;
    }
  }

  /** Takes what the other nodes are to be told of this one: whoever stops asking leaves the rest. */
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

  /** Whether a node has just whom this one thinks it has. */
  matches(node: string, digest: DigestValue): boolean {
    const roster = this.#remote.get(node);
    return roster === undefined ? digest.count === 0 : roster.equals(digest);
  }

  /** Whether a node has somebody here. */
  knows(node: string): boolean {
    return this.#remote.has(node);
  }

  /** A node has nobody here. @returns those to {@link update} */
  forget(node: string): Iterable<string> {
    const roster = this.#remote.get(node);
    this.#remote.delete(node);
    return roster?.ids() ?? [];
  }

  /** Finds out anew whether somebody is here, and as whom: right whenever it is called, and as often. */
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

  /** Somebody who has left has had the time to come back. */
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
