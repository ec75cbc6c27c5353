/**
 * A promise that the application may ignore. If it rejects and nobody has called `then()` by the end of the turn,
 * `onForgotten` gets the error instead of an `unhandledRejection`, which would end the process.
 */
export class Outcome<Value> extends Promise<Value> {
  /** Promises derived from it are plain promises of the application. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  #isHeld = false;

  static of<Value>(promise: Promise<Value>, onForgotten: (error: unknown) => void): Outcome<Value> {
    const outcome = new Outcome<Value>((resolve, reject) => void promise.then(resolve, reject));
    void Promise.prototype.then.call(outcome, undefined, (error: unknown) => {
      setImmediate(() => {
        if (!outcome.#isHeld) onForgotten(error);
      });
    });
    return outcome;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- to notice whether anybody awaits it
  override then<Fulfilled = Value, Rejected = never>(
    onFulfilled?: ((value: Value) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    this.#isHeld = true;
    return super.then(onFulfilled, onRejected);
  }
}
