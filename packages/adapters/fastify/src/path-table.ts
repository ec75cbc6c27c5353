import findMyWay from 'find-my-way';

/** The paths of an app's WebSocket routes, found as Fastify finds them. */
export class PathTable {
  readonly #router = findMyWay({ ignoreTrailingSlash: false });
  readonly #known = new Set<string>();

  add(path: string): void {
    if (this.#known.has(path)) return;
    this.#known.add(path);
    this.#router.on('GET', path, () => {});
  }

  has(target: string): boolean {
    return this.#router.find('GET', target) !== null;
  }
}
