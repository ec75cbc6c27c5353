/**
 * The promise of something that an application may leave unattended. Where it rejects and nobody has asked for it by
 * the end of the turn, `onForgotten` is told: the rejection is no `unhandledRejection`, which would end the process.
 */
export class Outcome<Value> extends Promise<Value> {
  /** What is made of it is the application's own promise. */
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

  // oxlint-disable-next-line unicorn/no-thenable -- to notice who asks
  override then<Fulfilled = Value, Rejected = never>(
    onFulfilled?: ((value: Value) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    this.#isHeld = true;
    return super.then(onFulfilled, onRejected);
  }
}
