import { deepStrictEqual as deepEqual } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { connect } from 'node:tls';
import { ChildServer, type ChildOptions } from './child-process.ts';
import type { RouteRecord } from './child/behaviours.ts';
import type { Gauges, Memory } from './child/measurements.ts';
import type { Ending, Report, ServerSettings } from './child/turnout-server.ts';
import { RawPeer } from '@turnout/test-kit/raw-peer';

export type AbusedOptions = ServerSettings & Omit<ChildOptions, 'settings'>;

/** Bytes. */
export type Growth = Pick<Memory, 'held' | 'rss'>;

/**
 * A Turnout server in a separate process, with a bystander: a well-behaved connection.
 *
 * Call {@link expectAlive} during and after each abuse: there was no uncaught error, and the bystander gets its echo.
 * Call {@link expectNothingLeft} at the end.
 */
export class AbusedServer {
  readonly child: ChildServer;
  readonly #bystander: RawPeer;
  readonly #atStart: Gauges;
  #echoes = 0;

  private constructor(child: ChildServer, { bystander, atStart }: { bystander: RawPeer; atStart: Gauges }) {
    this.child = child;
    this.#bystander = bystander;
    this.#atStart = atStart;
  }

  static async start({ flags, maxFiles, ...settings }: AbusedOptions = {}): Promise<AbusedServer> {
    const child = await ChildServer.start('turnout-server', {
      settings,
      ...(flags && { flags }),
      ...(maxFiles !== undefined && { maxFiles }),
    });
    const bystander = settings.tls ? await openSecurely(child.port) : await RawPeer.open(child.port, bystanding);
    await bystander.echo('warm');
    return new AbusedServer(child, { bystander, atStart: await child.call<Gauges>('gauges') });
  }

  get port(): number {
    return this.child.port;
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  memory(): Promise<Memory> {
    return this.child.call('memory');
  }

  /** How much more memory the server uses afterwards. */
  async growthBy(abuse: () => Promise<void>): Promise<Growth> {
    const before = await this.memory();
    await abuse();
    const after = await this.memory();
    return { held: after.held - before.held, rss: after.rss - before.rss };
  }

  /** The same, without the memory for {@link endings} and {@link reports}. */
  async ownMemory(): Promise<Memory> {
    await this.endings();
    await this.reports();
    return this.memory();
  }

  gauges(): Promise<Gauges> {
    return this.child.call('gauges');
  }

  record(path: string): Promise<RouteRecord> {
    return this.child.call('record', path);
  }

  /** How sockets have ended since the last call. */
  endings(): Promise<Ending[]> {
    return this.child.call('endings');
  }

  /** The errors passed to the error hook since the last call. */
  reports(): Promise<Report[]> {
    return this.child.call('reports');
  }

  /** The endings at a path, once there are `count`. */
  async endingsAt(path: string, count = 1): Promise<Ending[]> {
    const found: Ending[] = [];
    while (found.length < count) found.push(...(await this.endings()).filter((ending) => ending.path === path));
    return found;
  }

  /** Asserts that the server has no uncaught errors, and still serves the bystander. */
  async expectAlive(): Promise<void> {
    const text = `bystander ${this.#echoes++}`;
    deepEqual(await this.#bystander.echo(text), text);
    deepEqual(await this.child.call('faults'), []);
  }

  /**
   * Waits until sockets, upgrades, connections, timers and handles are back to their earlier numbers, or the test times
   * out.
   */
  async expectNothingLeft(): Promise<void> {
    await this.expectAlive();
    let gauges = await this.gauges();
    for (let turn = 0; !isSame(gauges, this.#atStart); turn++) {
      if (turn === maxTurns) deepEqual(gauges, this.#atStart);
      await setImmediate();
      gauges = await this.gauges();
    }
    await this.endings();
  }
}

/** It answers no Ping, because it does nothing automatically. */
const bystanding = { target: '/bystander' };

/** Takes much longer than the limits that the tests set, without a clock. */
const maxTurns = 100_000;

function isSame(one: Gauges, other: Gauges): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted({ resources, ...gauges }: Gauges): unknown {
  return [
    gauges.sockets,
    gauges.pending,
    gauges.connections,
    Object.entries(resources).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ];
}

function openSecurely(port: number): Promise<RawPeer> {
  return RawPeer.over(
    connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false }),
    bystanding,
  );
}
