import type { Topic } from './topic.ts';

/** The topics of a hub, by name. An unused topic is kept only while the application references it. */
export class TopicRegistry {
  /** Topics in use. */
  readonly #used = new Map<string, Topic>();
  /** Unused topics that the application may still reference. */
  readonly #idle = new Map<string, WeakRef<Topic>>();
  readonly #collected = new FinalizationRegistry<string>((name) => {
    if (this.#idle.get(name)?.deref() === undefined) this.#idle.delete(name);
  });

  /** Topics in use. */
  get used(): Iterable<Topic> {
    return this.#used.values();
  }

  get(name: string): Topic | undefined {
    return this.#used.get(name) ?? this.#idle.get(name)?.deref();
  }

  add(topic: Topic): void {
    this.#idle.set(topic.name, new WeakRef(topic));
    this.#collected.register(topic, topic.name);
  }

  /** A topic may have come into use or gone out of use. */
  update(topic: Topic): void {
    if (topic.isInUse) {
      this.#used.set(topic.name, topic);
      this.#idle.delete(topic.name);
    } else if (this.#used.delete(topic.name)) {
      this.add(topic);
    }
  }
}
