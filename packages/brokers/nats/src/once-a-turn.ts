/** Merges all requests of one turn into one call at its end. */
export class OnceATurn {
  readonly #call: () => Promise<void>;
  #pending: Promise<void> | undefined;

  constructor(call: () => Promise<void>) {
    this.#call = call;
  }

  run(): Promise<void> {
    this.#pending ??= new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        this.#pending = undefined;
        this.#call().then(resolve, reject);
      });
    });
    return this.#pending;
  }
}
