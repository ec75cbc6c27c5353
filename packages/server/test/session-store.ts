import type { IncomingMessage, ServerResponse } from 'node:http';

type Data = Record<string, unknown>;
type Callback = (error?: Error | null) => void;

/** A session store with the convention of express-session, whose every step can be delayed or made to fail. */
export class TestStore {
  readonly sessions = new Map<string, string>();
  readonly calls: string[] = [];
  failing: 'destroy' | undefined;
  /** Awaited before each `load` and `save` answers. */
  beforeAnswer: (step: 'load' | 'save') => Promise<void> | void = () => {};

  add(id: string, data: Data): void {
    this.sessions.set(id, JSON.stringify(data));
  }

  data(id: string): Data | undefined {
    const json = this.sessions.get(id);
    return json === undefined ? undefined : (JSON.parse(json) as Data);
  }

  destroy(id: string, callback?: Callback): void {
    this.calls.push(`destroy ${id}`);
    this.sessions.delete(id);
    callback?.(this.failing === 'destroy' ? new Error('Cannot destroy') : undefined);
  }

  clear(callback?: Callback): void {
    this.calls.push('clear');
    this.sessions.clear();
    callback?.();
  }

  /** As middleware reads a session. */
  get(id: string, callback: (error?: Error | null, data?: Data) => void): void {
    callback(null, this.data(id));
  }

  load(id: string, callback: (error?: Error | null, session?: TestSession | null) => void): void {
    void this.#answer('load', callback, () => {
      this.calls.push(`load ${id}`);
      const data = this.data(id);
      callback(null, data && new TestSession(this, id, data));
    });
  }

  save(id: string, data: TestSession, callback: Callback): void {
    void this.#answer('save', callback, () => {
      this.calls.push(`save ${id}`);
      this.sessions.set(id, JSON.stringify(data));
      callback();
    });
  }

  async #answer(step: 'load' | 'save', callback: Callback, answer: () => void): Promise<void> {
    try {
      await this.beforeAnswer(step);
    } catch (error) {
      return callback(error as Error);
    }
    answer();
  }
}

class TestSession {
  readonly #store: TestStore;
  readonly #id: string;

  constructor(store: TestStore, id: string, data: Data) {
    this.#store = store;
    this.#id = id;
    Object.assign(this, data);
  }

  save(callback: Callback): void {
    this.#store.save(this.#id, this, callback);
  }
}

/** What session middleware puts on a request. */
export interface WithSession {
  sessionID: string;
  sessionStore: object;
  session?: Data | null;
}

/** Puts the session that the query names on the request: `/path?sid`. */
export function useStore(store: TestStore) {
  return (request: IncomingMessage, _response: ServerResponse, next: () => void): void => {
    const id = request.url!.split('?')[1];
    if (id !== undefined) Object.assign(request, { sessionStore: store, sessionID: id, session: store.data(id) });
    next();
  };
}

/** The session on a request. */
export function sessionIn(request: IncomingMessage): Data {
  return (request as unknown as { session: Data }).session;
}
