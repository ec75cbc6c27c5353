import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { connect, type ConnectError } from '@turnout/core';
import { openDatabase } from '@turnout/example-host';
import type { RunningExample } from '@turnout/example-host/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Chatter, signIn, startChat } from './running-chat.ts';

let app: RunningExample;
beforeEach(async () => {
  app = await startChat();
});
afterEach(() => app.stop());

const get = (path: string, cookie = ''): Promise<Response> =>
  fetch(`${app.url}${path}`, { headers: { Cookie: cookie }, redirect: 'manual' });

async function enter(name: string, room = 'lobby'): Promise<Chatter> {
  const chatter = await Chatter.join(app.url, await signIn(app.url, name), { room });
  await chatter.untilNotice(`Welcome ${name} !`);
  return chatter;
}

describe('pages', () => {
  test('without a session lead to the login page, and back to the room', async () => {
    expect((await get('/')).headers.get('location')).toBe('/login');
    expect((await get('/chat/tea')).headers.get('location')).toBe('/login?room=tea');
    const body = new URLSearchParams({ name: 'Ann', room: 'tea' });
    const response = await fetch(`${app.url}/login`, { method: 'POST', body, redirect: 'manual' });
    expect(response.headers.get('location')).toBe('/chat/tea');
  });

  test('render the history with a template, always as text', async () => {
    const ann = await enter('Ann');
    ann.say('<img src=x onerror=alert(1)>');
    await ann.next('line');
    const html = await (await get('/chat/lobby', await signIn(app.url, 'Bob'))).text();
    expect(html).toContain('<p class="text">&lt;img src=x onerror=alert(1)&gt;</p>');
    expect(html).toContain('data-last="1"');
    expect(html).toContain('<strong class="author">Ann</strong>');
  });

  test('list the rooms, and refuse an invalid room name', async () => {
    const cookie = await signIn(app.url, 'Ann');
    const ann = await Chatter.join(app.url, cookie, { room: '茶' });
    ann.say('hello');
    await ann.next('line');
    expect(await (await get('/', cookie)).text()).toContain('# 茶');
    expect((await get('/rooms?room=tea', cookie)).headers.get('location')).toBe('/chat/tea');
    for (const room of ['a%20b', '%3Cb%3E', 'x'.repeat(33), '__proto__']) {
      expect((await get(`/chat/${room}`, cookie)).status).toBe(404);
    }
  });

  test('of the bench may connect anywhere, all others only to their own origin', async () => {
    expect((await get('/bench')).headers.get('content-security-policy')).toContain("connect-src 'self' ws: wss:");
    expect((await get('/login')).headers.get('content-security-policy')).toContain("connect-src 'self';");
  });
});

describe('the socket', () => {
  test('is refused without a session, and for an invalid room name', async () => {
    const refusal = await connect(`${app.url}/chat/lobby`).catch((error: unknown) => error as ConnectError);
    expect(refusal).toMatchObject({ status: 401, body: expect.stringContaining('Sign in first') as string });
    const cookie = await signIn(app.url, 'Ann');
    const other = await Chatter.join(app.url, cookie, { room: 'a b' }).catch((error: unknown) => error as ConnectError);
    expect(other).toMatchObject({ status: 404 });
  });

  test('announces who joins, who says what and when, and who leaves', async () => {
    const ann = await Chatter.join(app.url, await signIn(app.url, 'Ann'));
    expect(ann.you).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, name: 'Ann' });
    expect((await ann.next('notice')).text).toBe('Welcome Ann !');
    const bob = await Chatter.join(app.url, await signIn(app.url, 'Bob'));
    await ann.untilPeople('Ann', 'Bob');
    for (const chatter of [ann, bob]) expect((await chatter.next('notice')).text).toBe('Welcome Bob !');
    bob.say('Hi');
    for (const chatter of [ann, bob]) {
      const line = await chatter.next('line');
      expect(line).toMatchObject({ author: { name: 'Bob' }, text: 'Hi' });
      expect(Math.abs(line.at - Date.now())).toBeLessThan(60_000);
    }
    bob.socket.terminate();
    await ann.untilPeople('Ann');
    expect((await ann.next('notice')).text).toBe('Bob Logout');
  });

  test('on quit sends everybody a farewell, including the person who leaves, and closes', async () => {
    for (const quit of ['quit', 'quit\r\n', '{"type":"quit"}']) {
      const [ann, bob] = [await enter('Ann'), await enter('Bob')];
      bob.socket.send(quit);
      for (const chatter of [ann, bob]) await chatter.untilNotice('Bob Logout');
      expect(await bob.socket.closed).toMatchObject({ code: 1000, reason: 'quit', wasClean: true });
      ann.socket.send('quit');
      await ann.socket.closed;
    }
  });

  test('counts several tabs as one person, who joins once and leaves once', async () => {
    const cookie = await signIn(app.url, 'Tabs');
    const watcher = await enter('Ann');
    const tabs = [await Chatter.join(app.url, cookie), await Chatter.join(app.url, cookie)];
    expect((await watcher.next('notice')).text).toBe('Welcome Tabs !');
    await tabs[1]!.untilPeople('Ann', 'Tabs');
    tabs[0]!.socket.send('quit');
    expect((await tabs[0]!.socket.closed).code).toBe(1000);
    tabs[1]!.say('still here');
    await watcher.next('line');
    tabs[1]!.socket.send('quit');
    expect((await watcher.next('notice')).text).toBe('Tabs Logout');
    expect(watcher.seen.filter((type) => type === 'notice')).toHaveLength(3);
  });

  test('keeps rooms apart', async () => {
    const [tea, coffee] = [await enter('Ann', 'tea'), await enter('Bob', 'coffee')];
    tea.say('for tea');
    coffee.say('for coffee');
    expect(await coffee.texts(1)).toEqual(['for coffee']);
    expect(await tea.texts(1)).toEqual(['for tea']);
  });

  test('identifies the speaker by the session, whatever the message says', async () => {
    const ann = await enter('Ann');
    ann.socket.send(JSON.stringify({ type: 'say', text: 'I am Bob', author: { id: '1', name: 'Bob' }, uid: '1' }));
    expect((await ann.next('line')).author.name).toBe('Ann');
  });

  test('publishes plain text, as other clients send it', async () => {
    const ann = await enter('Ann');
    for (const text of ['Hello', '你好，世界', '👩‍👩‍👧 👋🏽', '[1,2]']) {
      ann.socket.send(text);
      expect(await ann.texts(1)).toEqual([text]);
    }
  });

  test('accepts a message of 100 KB, and one in fragments', async () => {
    const ann = await enter('Ann');
    const long = '长'.repeat(34_000);
    ann.say(long);
    expect((await ann.texts(1))[0] === long).toBe(true);
    ann.socket.send('in ', { fin: false });
    ann.socket.send('three ', { fin: false });
    ann.socket.send('parts');
    expect(await ann.texts(1)).toEqual(['in three parts']);
  });

  test('ignores an empty frame, explains a mistake, and stays open', async () => {
    const ann = await enter('Ann');
    ann.socket.send('');
    const mistakes: [string | Buffer, string][] = [
      ['   ', 'There is nothing in the message'],
      ['{"type":"say","text":" \\n"}', 'There is nothing in the message'],
      ['{"type":"say"', 'Malformed JSON'],
      ['{"type":"say","text":5}', 'Expected "text" to be a string, received number'],
      ['{"type":"say","text":"x","key":5}', 'Expected "key" to be a string of at most 64 characters'],
      ['{"type":"dance"}', 'Expected "type" to be "say", "typing" or "quit"'],
      [Buffer.from('x'), 'Expected text, received bytes'],
      ['x'.repeat(131_073), 'The message has 131073 bytes, more than 131072'],
    ];
    for (const [message, reason] of mistakes) {
      ann.socket.send(message);
      expect((await ann.next('error')).reason).toBe(reason);
    }
    ann.say('alive');
    expect(await ann.texts(1)).toEqual(['alive']);
    expect(ann.seen.filter((type) => type === 'line')).toHaveLength(1);
  });

  test('sends typing notices to the others, not too often, and not to the sender', async () => {
    const [ann, bob] = [await enter('Ann'), await enter('Bob')];
    for (let times = 0; times < 5; times++) ann.socket.send('{"type":"typing"}');
    ann.say('typed');
    expect((await bob.next('typing')).name).toBe('Ann');
    expect(await bob.texts(1)).toEqual(['typed']);
    await ann.texts(1);
    expect(bob.seen.filter((type) => type === 'typing')).toHaveLength(1);
    expect(ann.seen).not.toContain('typing');
  });

  test('refuses a person who writes too fast, over all tabs, and says how long to wait', async () => {
    const cookie = await signIn(app.url, 'Fast');
    const tabs = [await Chatter.join(app.url, cookie), await Chatter.join(app.url, cookie)] as const;
    for (let index = 0; index < 10; index++) tabs[index % 2]!.say(String(index));
    await tabs[0].texts(10);
    tabs[1].say('one more', 'the key');
    expect(await tabs[1].next('refused')).toEqual({
      key: 'the key',
      reason: expect.stringMatching(/^You are writing too fast: wait \d+ s$/) as string,
    });
    const other = await enter('Slow');
    other.say('not I');
    expect(await other.texts(1)).toEqual(['not I']);
  });
});

test('a message that cannot be stored must be sent again, and the chat continues once it can', async () => {
  const ann = await enter('Ann');
  const database = openDatabase(join(app.dataDir, 'chat.db'));
  database.exec('BEGIN IMMEDIATE');
  ann.say('lost', 'the key');
  expect(await ann.next('later')).toEqual({ key: 'the key', reason: 'Messages cannot be kept just now' });
  database.exec('COMMIT');
  database.close();
  ann.say('kept', 'the key');
  expect(await ann.texts(1)).toEqual(['kept']);
});

test('a message right before the farewell is published before it', async () => {
  const [ann, bob] = [await enter('Ann'), await enter('Bob')];
  ann.say('last words');
  ann.socket.send('quit');
  expect(await bob.texts(1)).toEqual(['last words']);
  while ((await bob.next('notice')).text !== 'Ann Logout');
  expect(bob.seen.lastIndexOf('line')).toBeLessThan(bob.seen.lastIndexOf('notice'));
});

describe('a disconnect', () => {
  test('is resumed without a gap or duplicate, while others continue to chat', async () => {
    const cookie = await signIn(app.url, 'Ann');
    const people = await Promise.all(['Bob', 'Cid', 'Dan'].map((name) => enter(name)));
    const said: string[] = [];
    const heard: string[] = [];
    let since: Chatter['position'];
    for (let round = 0; round < 6; round++) {
      const ann = await Chatter.join(app.url, cookie, { since });
      people[round % 3]!.say(`a${round}`);
      said.push(`a${round}`);
      heard.push(...(await ann.texts(said.length - heard.length)));
      since = ann.position;
      ann.socket.terminate();
      people[(round + 1) % 3]!.say(`b${round}`);
      said.push(`b${round}`);
      await people[(round + 1) % 3]!.texts(1);
    }
    const ann = await Chatter.join(app.url, cookie, { since });
    expect(ann.recovered).toBe(true);
    heard.push(...(await ann.texts(said.length - heard.length)));
    expect(heard).toEqual(said);
  });

  const linesOf = async (path: string, cookie: string): Promise<{ texts: string[]; isAll: boolean }> => {
    const { lines, isAll } = (await (await get(path, cookie)).json()) as { lines: { text: string }[]; isAll: boolean };
    return { texts: lines.map(({ text }) => text), isAll };
  };

  test('stores a message that is sent again with its key once', async () => {
    const cookie = await signIn(app.url, 'Ann');
    const key = randomUUID();
    const ann = await Chatter.join(app.url, cookie);
    ann.say('once', key);
    ann.say('once', key);
    ann.say('twice');
    await expect.poll(() => linesOf('/chat/lobby/lines', cookie)).toEqual({ texts: ['once', 'twice'], isAll: true });
    expect((await ann.texts(3)).toSorted()).toEqual(['once', 'once', 'twice']);
  });

  test('survives a restart of the server, as does the history', async () => {
    const cookie = await signIn(app.url, 'Ann');
    const ann = await Chatter.join(app.url, cookie);
    ann.say('before');
    await ann.texts(1);
    const since = ann.position;
    const { dataDir } = app;
    await app.stop({ keepData: true });
    app = await startChat({ dataDir });
    const again = await Chatter.join(app.url, cookie, { since });
    expect(again.recovered).toBe(false);
    again.say('after');
    await again.texts(1);
    expect(await linesOf('/chat/lobby/lines', cookie)).toEqual({ texts: ['before', 'after'], isAll: true });
    expect(await linesOf('/chat/lobby/lines?after=1', cookie)).toEqual({ texts: ['after'], isAll: false });
    expect((await get('/chat/lobby/lines')).status).toBe(302);
  });

  test('is not announced if the person returns soon', async () => {
    await app.stop();
    app = await startChat({ farewellDelay: 60_000 });
    const watcher = await enter('Watch');
    const cookie = await signIn(app.url, 'Ann');
    for (let times = 0; times < 3; times++) {
      const ann = await Chatter.join(app.url, cookie);
      await ann.next('people');
      ann.socket.terminate();
      await ann.socket.closed;
    }
    watcher.say('end');
    await watcher.texts(1);
    expect(watcher.seen.filter((type) => type === 'notice')).toHaveLength(2);
  });

  test('by a log-out is final: 3000', async () => {
    const cookie = await signIn(app.url, 'Ann');
    const ann = await Chatter.join(app.url, cookie);
    await fetch(`${app.url}/logout`, { method: 'POST', headers: { Cookie: cookie }, redirect: 'manual' });
    expect((await ann.socket.closed).code).toBe(3000);
  });
});

test('the bench has a socket that answers text with a prefix, and bytes unchanged', async () => {
  const socket = await connect(`${app.url}/bench/reply`);
  socket.send('x');
  expect(await socket.receive()).toBe('Server received: x');
  socket.send(Buffer.of(1, 2));
  expect(await socket.receive()).toEqual(Buffer.of(1, 2));
  socket.close();
});
