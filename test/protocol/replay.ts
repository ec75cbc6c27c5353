import assert from 'node:assert/strict';
import type { WebSocket } from '@turnout/core';
import { Placeholders, type Conversation, type Step } from './conversation.ts';
import type { Scene } from './scene.ts';

type Happening = (replay: Replay, words: readonly string[]) => Promise<unknown>;

/** The events that a line `# …` of a conversation can name. */
const happenings: readonly (readonly [RegExp, Happening])[] = [
  [/^"(\w+)" is published ([["{\d].*)$/, ({ scene }, [topic, json]) => publish(scene, topic!, json!)],
  [
    /^"(\w+)" is published the bytes ([\da-f ]+)$/,
    ({ scene }, [topic, hex]) => publish(scene, topic!, Buffer.from(hex!.replaceAll(' ', ''), 'hex')),
  ],
  [/^"board" is set (\{.*\})$/, ({ scene }, [json]) => scene.set(JSON.parse(json!) as Record<string, unknown>)],
  [/^"board" loses "(\w+)"$/, ({ scene }, [key]) => scene.unset(key!)],
  [/^(\w+) joins "(\w+)"(?: as (\{.*\}))?$/, ({ scene }, [id, topic, details]) => scene.join(id!, topic!, details)],
  [/^(\d+) people join "(\w+)"$/, ({ scene }, [count, topic]) => joinMany(scene, Number(count), topic!)],
  [/^(\w+) leaves$/, ({ scene }, [id]) => scene.leave(id!)],
  [/^the connection breaks, and you connect again$/, (replay) => replay.connectAgain()],
  [/^the broker is lost$/, ({ scene }) => scene.loseBroker()],
  [/^the broker is back$/, ({ scene }) => scene.restoreBroker(false)],
  [/^the broker is back, without its data$/, ({ scene }) => scene.restoreBroker(true)],
  [/^Redis is told (.+)$/, ({ scene }, [command]) => scene.tellRedis(wordsOf(command!))],
  [/^the server is restarted$/, ({ scene }) => scene.restart()],
];

async function publish(scene: Scene, topic: string, message: string | Buffer): Promise<void> {
  await scene.topic(topic)?.publish(message);
}

async function joinMany(scene: Scene, count: number, topic: string): Promise<void> {
  for (let number = 1; number <= count; number++) await scene.join(`p${number}`, topic);
}

/** Split as by a shell. */
function wordsOf(command: string): string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '');
}

/** Whether it needs its own broker. */
export function needsBroker({ steps }: Conversation): boolean {
  return steps.some(({ kind, text }) => kind === 'happen' && /broker|Redis/.test(text));
}

/** The client, "you" in a conversation. */
export class Replay {
  readonly scene: Scene;
  #socket: WebSocket;
  readonly #placeholders = new Placeholders();

  private constructor(scene: Scene, socket: WebSocket) {
    this.scene = scene;
    this.#socket = socket;
  }

  /** Rejects if the server does anything else than the conversation says, or anything more. */
  static async run({ steps }: Conversation, scene: Scene): Promise<void> {
    const replay = new Replay(scene, await scene.connect('you'));
    for (const [index, step] of steps.entries()) await replay.#step(step, steps[index - 1]);
    if (steps.at(-1)?.kind !== 'close') await replay.#expectSilence();
  }

  async connectAgain(): Promise<void> {
    await this.scene.cut('you');
    this.#socket = await this.scene.connect('you');
  }

  #step({ kind, text }: Step, before: Step | undefined): Promise<unknown> {
    switch (kind) {
      case 'send':
        this.#socket.send(this.#placeholders.fillText(text));
        return Promise.resolve();
      case 'receive':
        return this.#receive(text);
      case 'close':
        return this.#expectClose(text);
      default:
        return this.#happen(text, before);
    }
  }

  async #receive(text: string): Promise<void> {
    const message = await this.#socket.receive();
    const actual: unknown = JSON.parse(String(message));
    assert.deepEqual(actual, this.#placeholders.fillMessage(text, actual));
  }

  async #expectClose(text: string): Promise<void> {
    assert.equal(await this.#socket.receive(), null);
    const { code, reason } = await this.#socket.closed;
    assert.equal(`${code} ${reason}`.trim(), text);
  }

  async #happen(text: string, before: Step | undefined): Promise<void> {
    // The last sent message has been processed when this happens.
    if (before?.kind === 'send') await this.#expectSilence();
    for (const [pattern, happening] of happenings) {
      const words = pattern.exec(text);
      if (words !== null) return void (await happening(this, words.slice(1)));
    }
    throw new Error(`Unknown event: ${text}`);
  }

  async #expectSilence(): Promise<void> {
    this.#socket.send('{"ping":true}');
    assert.equal(await this.#socket.receive(), '{"pong":true}');
  }
}
