import { ClientActor } from './client-actor.ts';
import { lastOf, SocketActor } from './socket-actor.ts';
import type { Stream } from './stream.ts';
import { hasHistory, topicNames } from './topics.ts';
import { calm, type FailoverKind, type World } from './world.ts';

const most = { sockets: 14, clients: 4 };

interface Step {
  readonly name: string;
  readonly weight: number;
  run(workload: Workload): void;
}

/** The actions of users. */
const ordinary: readonly Step[] = [
  { name: 'subscribe', weight: 8, run: (workload) => workload.subscribe() },
  { name: 'unsubscribe', weight: 2, run: (workload) => workload.unsubscribe() },
  { name: 'leave', weight: 2, run: (workload) => workload.leave() },
  { name: 'publish', weight: 30, run: (workload) => workload.publish(1) },
  { name: 'score', weight: 10, run: (workload) => workload.score() },
  { name: 'client subscribes', weight: 3, run: (workload) => workload.clientSubscribes() },
  { name: 'client unsubscribes', weight: 1, run: (workload) => workload.clientUnsubscribes() },
];

/** The troubles; a run has some of them. */
const trouble: readonly Step[] = [
  { name: 'bursts', weight: 3, run: (workload) => workload.publish(40) },
  { name: 'slow readers', weight: 2, run: (workload) => workload.throttle() },
  { name: 'clients cut', weight: 2, run: (workload) => workload.cutClient() },
  { name: 'brokers cut', weight: 1, run: (workload) => workload.cutBroker() },
  { name: 'restarts', weight: 1, run: (workload) => workload.failOver('restart') },
  { name: 'lagging replicas', weight: 1, run: (workload) => workload.failOver('lagging') },
  { name: 'lost histories', weight: 1, run: (workload) => workload.failOver('empty') },
  { name: 'crashes', weight: 1, run: (workload) => workload.crash() },
  { name: 'drops', weight: 1, run: (workload) => workload.storm({ dropped: 12 }) },
  { name: 'doubles', weight: 1, run: (workload) => workload.storm({ doubled: 20 }) },
  { name: 'overtaking', weight: 1, run: (workload) => workload.storm({ overtaken: 25 }) },
  { name: 'delays', weight: 1, run: (workload) => workload.storm({ slow: 15 }) },
];

/** Random actions of users of a cluster, and random troubles. */
export class Workload {
  readonly #world: World;
  readonly #steps: readonly Step[];
  #sockets: SocketActor[] = [];
  readonly #clients: ClientActor[] = [];
  #actors = 0;

  constructor(world: World) {
    this.#world = world;
    const { random } = world;
    this.#steps = [...ordinary, ...trouble.filter(() => random.chance(45))];
  }

  /** The troubles of this run. */
  get trouble(): string {
    return this.#steps
      .slice(ordinary.length)
      .map(({ name }) => name)
      .join(', ');
  }

  get clients(): readonly ClientActor[] {
    return this.#clients;
  }

  /** Runs for this many ms. */
  async run(duration: number): Promise<void> {
    const { clock, random } = this.#world;
    for (const end = clock.now + duration; clock.now < end;) {
      const step = this.#choose();
      this.#world.trace(step.name);
      step.run(this);
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await clock.wait(random.chance(30) ? 0.1 : random.below(120));
    }
  }

  calmDown(): void {
    for (const socket of this.#sockets) socket.hurry();
  }

  /** Closes everything that is left. */
  end(): void {
    for (const socket of this.#sockets) socket.leave('reset');
    for (const client of this.#clients) client.close();
  }

  subscribe(): void {
    const { random, upNodes } = this.#world;
    this.#sockets = this.#sockets.filter(({ isOpen }) => isOpen);
    if (this.#sockets.length < most.sockets && random.chance(60) && upNodes.length > 0) {
      this.#sockets.push(new SocketActor(this.#world, random.pick(upNodes), `socket ${this.#actors++}`));
    }
    if (this.#sockets.length === 0) return;
    const topic = random.pick(topicNames);
    const since = hasHistory(topic) && random.chance(60) ? this.#pickSince(topic) : undefined;
    void random.pick(this.#sockets).subscribe(topic, since);
  }

  unsubscribe(): void {
    const { random } = this.#world;
    if (this.#sockets.length > 0) random.pick(this.#sockets).unsubscribe(random.pick(topicNames));
  }

  leave(): void {
    const { random } = this.#world;
    if (this.#sockets.length > 0) random.pick(this.#sockets).leave(random.pick(['close', 'reset', 'silence']));
  }

  publish(most: number): void {
    const { random, upNodes } = this.#world;
    if (upNodes.length === 0) return;
    const node = random.pick(upNodes);
    const topic = random.pick(topicNames);
    const padding = random.chance(20) ? random.below(most === 1 ? 300 : 1_500) : 0;
    for (let count = 1 + random.below(most); count > 0; count--) {
      this.#world.publish(node, topic, { padding, isForgotten: random.chance(3) });
    }
  }

  score(): void {
    const { random, upNodes } = this.#world;
    if (upNodes.length === 0) return;
    for (let count = 1 + random.below(5); count > 0; count--) {
      this.#world.score(random.pick(upNodes), `player ${random.below(6)}`);
    }
  }

  clientSubscribes(): void {
    const { random } = this.#world;
    if (this.#clients.length < most.clients && random.chance(40)) {
      this.#clients.push(new ClientActor(this.#world, `client ${this.#actors++}`));
    }
    if (this.#clients.length > 0) random.pick(this.#clients).subscribe(random.pick(topicNames));
  }

  clientUnsubscribes(): void {
    const { random } = this.#world;
    if (this.#clients.length > 0) random.pick(this.#clients).unsubscribe(random.pick(topicNames));
  }

  throttle(): void {
    const { clock, random } = this.#world;
    if (this.#sockets.length === 0) return;
    const socket = random.pick(this.#sockets);
    socket.throttle(random.pick([100, 1_000, 10_000]));
    clock.schedule(random.below(5_000), () => socket.hurry());
  }

  cutClient(): void {
    const { random } = this.#world;
    if (this.#clients.length > 0) random.pick(this.#clients).cut(random.pick(['reset', 'silence']));
  }

  cutBroker(): void {
    const { clock, random, nodes } = this.#world;
    const index = random.below(nodes.length);
    this.#world.cutBroker(index);
    clock.schedule(random.below(6_000), () => this.#world.healBroker(index));
  }

  failOver(kind: FailoverKind): void {
    this.#world.failOver(kind);
  }

  crash(): void {
    const { clock, random, nodes } = this.#world;
    const index = random.below(nodes.length);
    void this.#world.crash(index);
    clock.schedule(500 + random.below(6_000), () => this.#world.restart(index));
  }

  storm(weather: Partial<World['weather']>): void {
    const { clock, random } = this.#world;
    Object.assign(this.#world.weather, weather);
    clock.schedule(random.below(3_000), () => Object.assign(this.#world.weather, calm));
  }

  #choose(): Step {
    const { random } = this.#world;
    let left = random.below(this.#steps.reduce((sum, { weight }) => sum + weight, 0));
    return this.#steps.find(({ weight }) => (left -= weight) < 0) as Step;
  }

  #pickSince(topic: Stream['topic']): Stream['since'] | 'oldest' {
    const { random, streams } = this.#world;
    const ended = streams.filter((stream) => stream.topic === topic && stream.over === 'socket').slice(-6);
    return ended.length === 0 || random.chance(25) ? 'oldest' : lastOf(random.pick(ended));
  }
}
