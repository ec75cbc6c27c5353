import { prepareMessage, type WebSocket } from '@turnout/core';
import type { BusMessage } from '../bus/broker.ts';
import type { Position } from '../bus/position.ts';
import type { Profile } from '../people/person.ts';
import type { SubscribeOptions } from './call-options.ts';
import type { Envelope } from './envelope.ts';
import { createOutlet, type Delivery, type Outlet, type OutletOwner } from './outlet.ts';

/** What has happened to a topic's messages on this node. */
export interface TopicCounts {
  /** Messages that came for the subscribers of this node. */
  readonly messages: number;
  /** Messages that one subscriber was not sent, as it was too slow. */
  readonly dropped: number;
}

export interface Subscriber {
  readonly socket: WebSocket;
  readonly profile: Profile | undefined;
  readonly onSubscribed: SubscribeOptions['onSubscribed'];
  /** Undefined until all that was missed has been sent. */
  outlet: Outlet | undefined;
}

/** The subscribers of a topic on this node. */
export class Audience {
  readonly #owner: OutletOwner;
  readonly #envelope: Envelope | undefined;
  readonly #subscribers = new Map<WebSocket, Subscriber>();
  readonly #counts = { messages: 0, dropped: 0 };

  constructor(owner: OutletOwner, envelope: Envelope | undefined) {
    this.#owner = owner;
    this.#envelope = envelope;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  get counts(): TopicCounts {
    return { ...this.#counts };
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.set(subscriber.socket, subscriber);
  }

  /** Whether it has neither left nor begun anew. */
  has(subscriber: Subscriber): boolean {
    return this.#subscribers.get(subscriber.socket) === subscriber;
  }

  /** @returns the one that was removed */
  remove(socket: WebSocket): Subscriber | undefined {
    const subscriber = this.#subscribers.get(socket);
    this.#subscribers.delete(socket);
    subscriber?.outlet?.end();
    return subscriber;
  }

  /** Live messages reach it from now on. */
  goLive(subscriber: Subscriber): void {
    subscriber.outlet = createOutlet(subscriber.socket, this.#owner);
  }

  deliver({ data, key }: BusMessage, position: Position | null, except: unknown): void {
    this.#counts.messages++;
    const message = this.#envelope?.message(data, position?.offset) ?? data;
    const delivery: Delivery = { prepared: prepareMessage(message), size: Buffer.byteLength(message), key };
    for (const { socket, outlet } of this.#subscribers.values()) {
      if (outlet !== undefined && socket !== except) this.#counts.dropped += outlet.deliver(delivery);
    }
  }

  /** One subscriber was too slow to be sent so many. */
  countDropped(count: number): void {
    this.#counts.dropped += count;
  }

  /** Tells one socket something about the topic. */
  note(socket: WebSocket, name: string, value: unknown): void {
    if (this.#envelope !== undefined) socket.send(this.#envelope.note(name, value));
  }

  /** Tells all live subscribers something about the topic. */
  tell(name: string, value: unknown): void {
    if (this.#envelope !== undefined) this.send(this.#envelope.note(name, value));
  }

  /** Sends all live subscribers something about the topic, whatever waits for them. */
  send(text: string, except?: ReadonlySet<WebSocket>): void {
    const prepared = prepareMessage(text);
    for (const { socket, outlet } of this.#subscribers.values()) {
      if (outlet !== undefined && except?.has(socket) !== true) socket.send(prepared);
    }
  }
}
