import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineMessages } from '../src/index.ts';
import { open } from './open.ts';

/** Work that ends on demand. */
class Workshop {
  started = 0;
  most = 0;
  readonly #ends: (() => void)[] = [];

  get running(): number {
    return this.#ends.length;
  }

  work(): Promise<void> {
    this.started++;
    const done = new Promise<void>((resolve) => this.#ends.push(resolve));
    this.most = Math.max(this.most, this.running);
    return done;
  }

  endOne(): void {
    this.#ends.shift()?.();
  }

  async endAll(count: number): Promise<void> {
    for (let ended = 0; ended < count; ended++) {
      await vi.waitUntil(() => this.running > 0, 30_000);
      this.endOne();
    }
  }
}

const jobs = {
  receives: { note: z.number() },
  answers: { job: { request: z.number(), reply: z.number() } },
  asks: { sure: { request: z.number(), reply: z.boolean() } },
};

describe('a client that sends more than is handled at a time', () => {
  test('has 100 requests handled at a time, and all of 10,000 answered', async () => {
    const shop = new Workshop();
    const { client } = await open(defineMessages(jobs), (socket) => {
      socket.answer('job', async (number) => {
        await shop.work();
        return number;
      });
    });
    for (let id = 0; id < 10_000; id++) client.send({ type: 'job', data: id, id });
    await expect.poll(() => shop.started).toBe(100);
    const ended = shop.endAll(10_000);
    for (let id = 0; id < 10_000; id++) await client.expect({ id, data: id });
    await ended;
    expect([shop.started, shop.most]).toEqual([10_000, 100]);
    client.close();
  });

  test.each(['job', 'note'])('is held back for each %s over maxInFlight, and not closed', async (type) => {
    const shop = new Workshop();
    const { client, errors } = await open(defineMessages({ ...jobs, maxInFlight: 3 }), (socket) => {
      socket.on('note', () => shop.work());
      socket.answer('job', async (number) => {
        await shop.work();
        return number;
      });
    });
    for (let id = 0; id < 50; id++) client.send({ type, data: id, ...(type === 'job' && { id }) });
    await expect.poll(() => shop.started).toBe(3);
    shop.endOne();
    await expect.poll(() => shop.started).toBe(4);
    await shop.endAll(49);
    expect([shop.started, shop.most, errors.length]).toEqual([50, 3, 0]);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    client.close();
  });

  test('is not held back by functions that return at once', async () => {
    let count = 0;
    const { client } = await open(defineMessages({ ...jobs, maxInFlight: 1 }), (socket) => {
      socket.on('note', () => void count++);
      socket.answer('job', () => count);
    });
    for (let number = 0; number < 1_000; number++) client.send({ type: 'note', data: number });
    client.send({ type: 'job', data: 0, id: 'last' });
    await client.expect({ id: 'last', data: 1_000 });
    client.close();
  });

  test('without a limit has all of them handled at once', async () => {
    const shop = new Workshop();
    const { client } = await open(defineMessages({ ...jobs, maxInFlight: Infinity }), (socket) => {
      socket.on('note', () => shop.work());
    });
    for (let number = 0; number < 500; number++) client.send({ type: 'note', data: number });
    await expect.poll(() => shop.running).toBe(500);
    client.close();
  });
});

test('a client that requests and does not read has no more requests handled until it reads', async () => {
  const long = 'x'.repeat(200_000);
  let started = 0;
  const contract = defineMessages({
    answers: { load: { request: z.number(), reply: z.string() } },
    maxInFlight: 2,
  });
  let bytes = (): number => 0;
  const { client } = await open(contract, (typed) => {
    bytes = () => typed.socket.bufferedAmount;
    typed.answer('load', () => {
      started++;
      return long;
    });
  });
  client.throttle(0);
  for (let id = 0; id < 200; id++) client.send({ type: 'load', data: id, id });
  await expect.poll(() => started).toBeGreaterThanOrEqual(2);
  await client.expectNothing();
  // Two, and what the connection buffers.
  expect(started).toBeLessThan(20);
  expect(bytes()).toBeLessThan(1024 * 1024);
  client.throttle(Infinity);
  for (let id = 0; id < 200; id++) await client.expect({ id, data: long });
  client.close();
});

describe('a client that is asked something', () => {
  const contract = defineMessages({ ...jobs, maxInFlight: 2 });

  test('can reply though it has sent more before than is handled at a time', async () => {
    const { client, errors } = await open(contract, (socket) => {
      socket.answer('job', async (number) => ((await socket.ask('sure', number)) ? number : -1));
    });
    // Two are handled, and ask; two more wait, and the replies follow those.
    for (let id = 1; id <= 4; id++) client.send({ type: 'job', data: id, id: `job ${id}` });
    for (const number of [1, 2]) await client.expect({ type: 'sure', data: number, id: number });
    client.send({ id: 1, data: true });
    await client.expect({ id: 'job 1', data: 1 });
    await client.expect({ type: 'sure', data: 3, id: 3 });
    for (const id of [2, 3]) client.send({ id, data: true });
    await client.expect({ id: 'job 2', data: 2 });
    await client.expect({ type: 'sure', data: 4, id: 4 });
    await client.expect({ id: 'job 3', data: 3 });
    client.send({ id: 4, data: false });
    await client.expect({ id: 'job 4', data: -1 });
    expect(errors).toEqual([]);
    client.close();
  });

  test('and keeps sending instead gets an error, and is answered again once it has replied', async () => {
    const { client, errors } = await open(contract, (socket) => {
      socket.answer('job', async (number) => ((await socket.ask('sure', number)) ? number : -1));
      socket.on('note', () => {});
    });
    for (let id = 1; id <= 5; id++) client.send({ type: 'job', data: id, id: `job ${id}` });
    client.send({ type: 'note', data: 6 });
    for (const number of [1, 2]) await client.expect({ type: 'sure', data: number, id: number });
    const message = 'Too many messages at a time: reply to what you are asked (maxInFlight is 2)';
    await client.expect({ id: 'job 5', error: { message, path: '' } });
    await client.expect({ type: 'error', data: { message, path: '', type: 'note' } });
    client.send({ id: 1, data: true });
    await client.expect({ id: 'job 1', data: 1 });
    expect(errors).toEqual([]);
    client.close();
  });

  test('while reading is paused can reply', async () => {
    const shop = new Workshop();
    let ask: () => Promise<boolean> = () => Promise.reject(new Error('Not set up'));
    const { client } = await open(contract, (socket) => {
      socket.on('note', () => shop.work());
      ask = () => socket.ask('sure', 0);
    });
    for (let number = 0; number < 3; number++) client.send({ type: 'note', data: number });
    await expect.poll(() => shop.running).toBe(2);
    const isSure = ask();
    await client.expect({ type: 'sure', data: 0, id: 1 });
    client.send({ id: 1, data: true });
    expect(await isSure).toBe(true);
    client.close();
  });

  test('may have as many characters waiting as one message may have', async () => {
    const { client } = await open(
      defineMessages({ receives: { text: z.string() }, asks: jobs.asks, maxInFlight: 50 }),
      (socket) => {
        socket.on('text', async () => void (await socket.ask('sure', 0)));
      },
    );
    for (let number = 0; number < 60; number++) client.send({ type: 'text', data: 'x'.repeat(600_000) });
    for (let id = 1; id <= 50; id++) await client.expect({ type: 'sure', data: 0, id });
    const message = 'Too many messages at a time: reply to what you are asked (maxInFlight is 50)';
    for (let refused = 0; refused < 8; refused++) {
      await client.expect({ type: 'error', data: { message, path: '', type: 'text' } });
    }
    client.close();
  });
});

test('messages that wait when a client disconnects are still handled', async () => {
  const heard: number[] = [];
  const shop = new Workshop();
  const { client } = await open(defineMessages({ ...jobs, maxInFlight: 1 }), (socket) => {
    socket.on('note', async (number) => {
      heard.push(number);
      await shop.work();
    });
  });
  for (let number = 0; number < 3; number++) client.send({ type: 'note', data: number });
  client.close();
  await expect.poll(() => shop.running).toBe(1);
  await shop.endAll(3);
  expect(heard).toEqual([0, 1, 2]);
});

test('messages that wait when a function fails are not handled', async () => {
  const heard: number[] = [];
  let fail: (error: Error) => void = () => {};
  const { client, errors } = await open(defineMessages({ ...jobs, maxInFlight: 1 }), (socket) => {
    socket.on('note', (number) => {
      heard.push(number);
      return new Promise((_resolve, reject) => (fail = reject));
    });
  });
  for (let number = 0; number < 3; number++) client.send({ type: 'note', data: number });
  await expect.poll(() => heard).toEqual([0]);
  fail(new Error('No database'));
  await client.expectClose(1011);
  expect(errors).toMatchObject([{ message: 'No database' }]);
  expect(heard).toEqual([0]);
});

test.each([0, -1, 1.5, NaN])('a maxInFlight of %j is refused', (maxInFlight) => {
  expect(() => defineMessages({ maxInFlight })).toThrow(
    new RangeError(
      `Invalid option maxInFlight: expected a whole number of 1 or more, or Infinity, got ${String(maxInFlight)}`,
    ),
  );
});
