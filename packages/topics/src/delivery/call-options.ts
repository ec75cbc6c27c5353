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
  /** The last message that the client has, or `oldest` for all that is kept. Only for a topic with history. */
  readonly since?: Position | 'oldest' | undefined;
  /** Who it is, for a topic with presence. */
  readonly person?: Person | undefined;
  /**
   * Called once it is subscribed, before any live message: a state that is sent here, and not awaited, is whole, as
   * nothing is lost or doubled between it and what follows.
   */
  readonly onSubscribed?: ((subscribed: Subscribed) => void) | undefined;
}

export interface UnsubscribeOptions {
  /** Whether others are told at once that the person has left, whatever `leaveDelay` says. Default `false`. */
  readonly atOnce?: boolean;
}

export interface PublishOptions {
  /** Is not sent it. */
  readonly except?: WebSocket | undefined;
  /** With `slow: 'latest'`: a newer message with the same key takes the place of one that waits. Default `''`. */
  readonly key?: string | undefined;
}

const isPosition = (given: unknown): boolean => given === 'oldest' || parsePosition(given) !== undefined;

const subscribeOptions = {
  since: value<Position | 'oldest'>("a position or 'oldest'", isPosition),
  // `createProfile()` says what is wrong with a person.
  person: value<Person>('a person', () => true),
  onSubscribed: callback<(subscribed: Subscribed) => void>(),
} satisfies OptionsFor<SubscribeOptions>;

const unsubscribeOptions = { atOnce: flag(false) } satisfies OptionsFor<UnsubscribeOptions>;

const publishOptions = {
  except: object<WebSocket>('a WebSocket'),
  key: text(''),
} satisfies OptionsFor<PublishOptions>;

/** @throws {TypeError} on a wrong option, which it names; so do the others */
export function resolveSubscribe(options: SubscribeOptions | undefined): Resolved<typeof subscribeOptions> {
  return resolveOptions(subscribeOptions, options);
}

export function resolveUnsubscribe(options: UnsubscribeOptions | undefined): Resolved<typeof unsubscribeOptions> {
  return resolveOptions(unsubscribeOptions, options);
}

/** Most are published without any. */
const noOptions = resolveOptions(publishOptions, undefined);

export function resolvePublish(options: PublishOptions | undefined): Resolved<typeof publishOptions> {
  return options === undefined ? noOptions : resolveOptions(publishOptions, options);
}
