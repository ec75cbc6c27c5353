import type { PeopleVoice } from './people-voice.ts';

/** What this node asks the others, collected per turn. */
export class Questions {
  readonly #voice: PeopleVoice;
  readonly #topics = new Map<string | undefined, Set<string>>();
  #turn: NodeJS.Immediate | undefined;
  #isOpen = false;

  constructor(voice: PeopleVoice) {
    this.#voice = voice;
  }

  /** This node now receives the answers. */
  open(): void {
    this.#isOpen = true;
    this.#schedule();
  }

  close(): void {
    this.#isOpen = false;
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#topics.clear();
  }

  /** @param node the node to ask; undefined for all */
  add(node: string | undefined, topic: string): void {
    const topics = this.#topics.get(node);
    if (topics === undefined) this.#topics.set(node, new Set([topic]));
    else topics.add(topic);
    if (this.#isOpen) this.#schedule();
  }

  #schedule(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      for (const [node, topics] of this.#topics) void this.#voice.ask(node, topics);
      this.#topics.clear();
    });
  }
}
