/** A topic or a state. */
export interface Registered {
  readonly name: string;
  readonly isInUse: boolean;
}

/** The topics or the states of a hub, by name. An unused one is kept only while the application references it. */
export class Registry<Member extends Registered> {
  readonly #used = new Map<string, Member>();
  /** Unused ones that the application may still reference. */
  readonly #idle = new Map<string, WeakRef<Member>>();
  readonly #collected = new FinalizationRegistry<string>((name) => {
    if (this.#idle.get(name)?.deref() === undefined) this.#idle.delete(name);
  });

  get used(): Iterable<Member> {
    return this.#used.values();
  }

  get(name: string): Member | undefined {
    return this.#used.get(name) ?? this.#idle.get(name)?.deref();
  }

  add(member: Member): void {
    this.#idle.set(member.name, new WeakRef(member));
    this.#collected.register(member, member.name);
  }

  /** One may have come into use or gone out of use. */
  update(member: Member): void {
    if (member.isInUse) {
      this.#used.set(member.name, member);
      this.#idle.delete(member.name);
    } else if (this.#used.delete(member.name)) {
      this.add(member);
    }
  }
}
