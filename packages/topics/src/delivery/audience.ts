import { prepareMessage, type WebSocket } from '@turnout/core';
import type { BusMessage } from '../bus/broker.ts';
import type { Position } from '../bus/position.ts';
import type { Profile } from '../people/person.ts';
import type { SubscribeOptions } from './call-options.ts';
import type { Envelope } from './envelope.ts';
import { createOutlet, type Delivery, type Outlet, type OutletOwner } from './outlet.ts';

/** Counts of a topic's messages on this node. */
export interface TopicCounts {
  /** Messages that arrived for the subscribers of this node. */
  readonly messages: number;
  /** Messages that were not sent to a subscriber because it was too slow, counted per subscriber. */
  readonly dropped: number;
}

export interface Subscriber {
  readonly socket: WebSocket;
  readonly profile: Profile | undefined;
  readonly onSubscribed: SubscribeOptions['onSubscribed'];
  /** Undefined until every missed message has been sent. */
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

  /** Whether this subscription is still current: the socket has neither unsubscribed nor subscribed again. */
  has(subscriber: Subscriber): boolean {
    return this.#subscribers.get(subscriber.socket) === subscriber;
  }

  /** @returns the removed subscriber */
  remove(socket: WebSocket): Subscriber | undefined {
    const subscriber = this.#subscribers.get(socket);
    this.#subscribers.delete(socket);
    subscriber?.outlet?.end();
    return subscriber;
  }

  /** The subscriber receives live messages from now on. */
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

  /** One subscriber was too slow for `count` messages. */
  countDropped(count: number): void {
    this.#counts.dropped += count;
  }

  /** Sends one socket a note about the topic. */
  note(socket: WebSocket, name: string, value: unknown): void {
    if (this.#envelope !== undefined) socket.send(this.#envelope.note(name, value));
  }

  /** Sends all live subscribers a note about the topic. */
  tell(name: string, value: unknown): void {
    if (this.#envelope !== undefined) this.send(this.#envelope.note(name, value));
  }

  /** Sends text to all live subscribers at once, ahead of any messages queued for them. */
  send(text: string, except?: ReadonlySet<WebSocket>): void {
    const prepared = prepareMessage(text);
    for (const { socket, outlet } of this.#subscribers.values()) {
      if (outlet !== undefined && except?.has(socket) !== true) socket.send(prepared);
    }
  }
}
