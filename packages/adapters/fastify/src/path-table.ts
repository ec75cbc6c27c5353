import findMyWay, { type Config, type HTTPVersion, type Instance } from 'find-my-way';

/** Adds an option of Fastify that the types of find-my-way lack. */
export type RouterOptions = Config<HTTPVersion.V1> & { readonly useSemicolonDelimiter?: boolean };

/** The paths of an app's WebSocket routes, matched as Fastify matches them. */
export class PathTable {
  readonly #router: Instance<HTTPVersion.V1>;
  readonly #known = new Set<string>();

  /** @param options those of the app's router */
  constructor(options: RouterOptions) {
    this.#router = findMyWay(options);
  }

  add(path: string): void {
    if (this.#known.has(path)) return;
    this.#known.add(path);
    this.#router.on('GET', path, () => {});
  }

  has(target: string): boolean {
    return this.#router.find('GET', target) !== null;
  }
}
