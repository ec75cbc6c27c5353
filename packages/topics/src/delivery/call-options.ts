import type { WebSocket } from '@turnout/core';
import {
  callback,
  flag,
  object,
  resolveOptions,
  text,
  value,
  type OptionsFor,
  type Resolved,
} from '@turnout/core/options';
import type { Subscribed } from './envelope.ts';
import type { Person } from '../people/person.ts';
import { parsePosition, type Position } from '../bus/position.ts';

export interface SubscribeOptions {
  /**
   * The position of the last message that the client has, or `oldest` for the whole history. Only for a topic with
   * history.
   */
  readonly since?: Position | 'oldest' | undefined;
  /** Who the subscriber is, for a topic with presence. */
  readonly person?: Person | undefined;
  /**
   * Called once the socket is subscribed, before any live message. A snapshot sent here, synchronously, is consistent:
   * no message is lost or repeated between it and the live messages.
   */
  readonly onSubscribed?: ((subscribed: Subscribed) => void) | undefined;
}

export interface UnsubscribeOptions {
  /** Whether others are told at once that the person has left, regardless of `leaveDelay`. Default `false`. */
  readonly atOnce?: boolean;
}

export interface PublishOptions {
  /** This socket does not receive the message. */
  readonly except?: WebSocket | undefined;
  /** With `slow: 'latest'`: a newer message with the same key replaces a queued one. Default `''`. */
  readonly key?: string | undefined;
}

const isPosition = (given: unknown): boolean => given === 'oldest' || parsePosition(given) !== undefined;

const subscribeOptions = {
  since: value<Position | 'oldest'>("a position or 'oldest'", isPosition),
  // `createProfile()` checks the person and names what is wrong.
  person: value<Person>('a person', () => true),
  onSubscribed: callback<(subscribed: Subscribed) => void>(),
} satisfies OptionsFor<SubscribeOptions>;

const unsubscribeOptions = { atOnce: flag(false) } satisfies OptionsFor<UnsubscribeOptions>;

const publishOptions = {
  except: object<WebSocket>('a WebSocket'),
  key: text(''),
} satisfies OptionsFor<PublishOptions>;

/** @throws {TypeError} on an invalid option, which it names; so do the other functions */
export function resolveSubscribe(options: SubscribeOptions | undefined): Resolved<typeof subscribeOptions> {
  return resolveOptions(subscribeOptions, options);
}

export function resolveUnsubscribe(options: UnsubscribeOptions | undefined): Resolved<typeof unsubscribeOptions> {
  return resolveOptions(unsubscribeOptions, options);
}

/** Most messages are published without options. */
const noOptions = resolveOptions(publishOptions, undefined);

export function resolvePublish(options: PublishOptions | undefined): Resolved<typeof publishOptions> {
  return options === undefined ? noOptions : resolveOptions(publishOptions, options);
}
