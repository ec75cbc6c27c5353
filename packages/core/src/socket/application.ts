import { AsyncResource } from 'node:async_hooks';
import { errorChannel } from './diagnostics.ts';
import { guard, phaseOf, reportError, type ErrorPhase } from './error-hook.ts';
import type { EventTargetEmitter } from './event-target.ts';
import type { WebSocketEvents } from './socket-emitter.ts';
import type { UnreadMessage } from './inbox.ts';
import { toBinaryType, type BinaryType } from './message-data.ts';
import type { WebSocketOptions } from './websocket-options.ts';

/** The part of the WebSocket that calling its listeners needs. */
export interface ListenedSocket extends Pick<EventTargetEmitter, 'emit' | 'listenerCount'> {
  readonly binaryType: BinaryType;
}

/**
 * The application's side of a WebSocket: calls its listeners and callbacks in the asynchronous context in which the
 * socket was created, so that an AsyncLocalStorage of the upgrade is available. An error that they throw is a fault of
 * the application.
 */
export class Application<Socket extends ListenedSocket = ListenedSocket> {
  readonly #socket: Socket;
  readonly #onError: WebSocketOptions<Socket>['onError'];
  readonly #onFault: () => void;
  readonly #context = new AsyncResource('WebSocket');

  /** @param onFault called after a fault has been reported: closes the socket */
  constructor(socket: Socket, onError: WebSocketOptions<Socket>['onError'], onFault: () => void) {
    this.#socket = socket;
    this.#onError = onError;
    this.#onFault = onFault;
  }

  get takesMessages(): boolean {
    return this.#socket.listenerCount('message') > 0;
  }

  /** Runs `callback` in the application's context, which is entered once for everything that one read delivers. */
  enter<Target>(callback: (target: Target) => void, target: Target): void {
    this.#context.runInAsyncScope(callback, undefined, target);
  }

  /** Like `dispatch('message')`, but called within `enter()`, and without an array of arguments for each message. */
  deliver({ data, isBinary }: UnreadMessage): void {
    const socket = this.#socket;
    try {
      socket.emit('message', (isBinary ? toBinaryType(data, socket.binaryType) : data) as Buffer, isBinary);
    } catch (error) {
      this.fault(error, 'message');
    }
  }

  /** Calls the listeners of an event. */
  dispatch<Name extends keyof WebSocketEvents>(name: Name, ...args: WebSocketEvents[Name]): void {
    const socket = this.#socket;
    try {
      this.#context.runInAsyncScope(() => socket.emit(name, ...(args as never)));
    } catch (error) {
      this.fault(error, phaseOf(name));
    }
  }

  /** Emits a fault of the peer. Without a listener it does nothing: an EventEmitter would throw. */
  tell(error: Error): void {
    if (this.#socket.listenerCount('error') > 0) this.dispatch('error', error);
  }

  /** Wraps a callback so that it runs in the application's context. */
  bind<Argument>(callback: (argument: Argument) => unknown): (argument: Argument) => void {
    const onFault = (fault: unknown): void => this.fault(fault, 'message');
    return (argument) => this.#context.runInAsyncScope(guard, undefined, () => callback(argument), onFault);
  }

  /** Reports an error of the application's code. */
  fault(error: unknown, phase: ErrorPhase): void {
    const socket = this.#socket;
    if (errorChannel.hasSubscribers) errorChannel.publish({ error, phase, socket });
    reportError(this.#onError, error, { phase, socket });
    this.#onFault();
  }
}
