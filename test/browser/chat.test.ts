import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { RunningExample } from '@turnout/example-host/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChat } from '../../examples/chat/test/running-chat.ts';
import { chromiumPath, complaintsOf, launchChromium, takeScreenshot } from './chromium.ts';

type ContextOptions = Parameters<Browser['newContext']>[0];

describe.skipIf(chromiumPath === undefined)('the chat in Chromium', () => {
  let browser: Browser;
  let app: RunningExample;
  let contexts: BrowserContext[];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    app = await startChat();
    contexts = [];
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
    await app.stop();
  });

  async function open(name: string, options?: ContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(3000);
    const complaints = complaintsOf(page);
    await page.goto(`${app.url}/chat/lobby`);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#state[data-state=open]').waitFor();
    return { page, complaints };
  }

  const say = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.keyboard.press('Enter');
  };
  const line = (page: Page, text: string) => page.locator('.line:not(.pending) .text').getByText(text, { exact: true });

  test('shows messages as text, arrivals, the people present, and who is typing', async () => {
    const ann = await open('Ann');
    await ann.page.locator('.event', { hasText: 'Welcome Ann !' }).waitFor();
    const bob = await open('Bob <b>');
    await ann.page.locator('.event', { hasText: 'Welcome Bob <b> !' }).waitFor();
    await ann.page.locator('#people li', { hasText: 'Bob <b>' }).waitFor();
    const texts = ['Hello everybody', '你好，世界 👩‍👩‍👧 👋🏽', '<img src=x onerror="document.title = 1">'];
    for (const text of texts) await say(bob.page, text);
    for (const { page } of [ann, bob]) for (const text of texts) await line(page, text).waitFor();
    await say(ann.page, 'Good to see you');
    await line(bob.page, 'Good to see you').waitFor();
    await bob.page.getByLabel('Message', { exact: true }).pressSequentially('I am');
    await ann.page.locator('#typing', { hasText: 'Bob <b> is typing…' }).waitFor();
    expect(await ann.page.title()).toBe('lobby · Chat');
    await takeScreenshot(ann.page, 'chat');
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
  });

  test('renders the history on the server, and continues without duplicates', async () => {
    const ann = await open('Ann');
    for (const text of ['one', 'two']) await say(ann.page, text);
    await line(ann.page, 'two').waitFor();
    const bob = await open('Bob');
    await say(bob.page, 'three');
    await line(bob.page, 'three').waitFor();
    expect(await bob.page.locator('.line .text').allTextContents()).toEqual(['one', 'two', 'three']);
    await bob.page.reload();
    await bob.page.locator('#state[data-state=open]').waitFor();
    expect(await bob.page.locator('.line .text').allTextContents()).toEqual(['one', 'two', 'three']);
  });

  test('refuses an empty message in the page, and leaves Enter to an input method while it composes', async () => {
    const { page } = await open('Ann');
    await say(page, '   ');
    await page.getByRole('alert').getByText('There is nothing in the message').waitFor();
    const input = page.getByLabel('Message', { exact: true });
    await input.fill('你');
    await input.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
    expect(await input.inputValue()).toBe('你');
    await input.press('Enter');
    await line(page, '你').waitFor();
    expect(await page.locator('.line').count()).toBe(1);
  });

  test('resumes after a server outage, with messages of others in the meantime and its own unsent ones', async () => {
    const { page, complaints } = await open('Ann');
    await say(page, 'before');
    await line(page, 'before').waitFor();
    const { dataDir, url } = app;
    await app.stop({ keepData: true });
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.locator('#state:not([data-state=open])').waitFor();
    await say(page, 'written while away');
    await page.locator('.pending', { hasText: 'written while away' }).waitFor();
    app = await startChat({ dataDir, port: Number(new URL(url).port) });
    const bob = await open('Bob');
    await say(bob.page, 'said meanwhile');
    await page.locator('#state[data-state=open]').waitFor();
    await line(page, 'written while away').waitFor();
    await line(page, 'said meanwhile').waitFor();
    expect((await page.locator('.line .text').allTextContents()).sort()).toEqual([
      'before',
      'said meanwhile',
      'written while away',
    ]);
    expect(requests.filter((path) => path === '/chat/lobby/lines')).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  test("resumes after a network failure from the room's history, and fetches nothing", async () => {
    const [ann, bob] = [await open('Ann'), await open('Bob')];
    await say(bob.page, 'before');
    await line(ann.page, 'before').waitFor();
    await ann.page.context().setOffline(true);
    await ann.page.locator('#state', { hasText: 'You are offline' }).waitFor();
    for (const text of ['one', 'two', 'three']) await say(bob.page, text);
    await line(bob.page, 'three').waitFor();
    const requests: string[] = [];
    ann.page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await ann.page.context().setOffline(false);
    await line(ann.page, 'three').waitFor();
    expect(await ann.page.locator('.line .text').allTextContents()).toEqual(['before', 'one', 'two', 'three']);
    expect(requests).not.toContain('/chat/lobby/lines');
  });

  test('reports that a person writes too fast, and restores the text', async () => {
    const { page } = await open('Ann');
    for (let index = 0; index < 12; index++) await say(page, `message ${index}`);
    await page.getByRole('alert').getByText('You are writing too fast').waitFor();
    await page.waitForFunction("document.getElementById('text').value.includes('message 1')");
    expect(await page.locator('.pending').count()).toBe(0);
  });

  test('leaves with quit, and can rejoin; a log-out leads to the login page', async () => {
    const ann = await open('Ann');
    const bob = await open('Bob');
    await say(bob.page, 'quit');
    await ann.page.locator('.event', { hasText: 'Bob Logout' }).waitFor();
    await bob.page.getByRole('button', { name: 'Rejoin' }).click();
    await ann.page.locator('.event', { hasText: 'Welcome Bob !' }).nth(1).waitFor();
    const second = await bob.page.context().newPage();
    await second.goto(app.url);
    await second.getByRole('button', { name: 'Log out' }).click();
    await bob.page.waitForURL(/\/login\?room=lobby$/);
  });

  test('fits a phone in the dark', async () => {
    const { page, complaints } = await open('A name that is rather long, but fits ok', {
      viewport: { width: 360, height: 720 },
      colorScheme: 'dark',
    });
    await say(page, `A_long_word_${'x'.repeat(120)}`);
    await say(page, 'Short');
    await line(page, 'Short').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await takeScreenshot(page, 'chat-phone');
    expect(complaints).toEqual([]);
  });

  test('has a bench that shows every frame, and the close code in words', async () => {
    const context = await browser.newContext();
    contexts.push(context);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(`${app.url}/bench`);
    await page.locator('#state', { hasText: 'closed' }).waitFor();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.locator('#state', { hasText: 'open' }).waitFor();
    expect(await page.getByRole('button', { name: 'Connect', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel('Text').fill('grüße');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByLabel('Binary file').setInputFiles({
      name: 'bytes.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.alloc(20, 0xab),
    });
    await page.getByRole('button', { name: 'Send file' }).click();
    const frames = page.locator('#log li');
    await frames.nth(4).waitFor();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await frames.nth(5).waitFor();
    const rows = await page.evaluate<string[][]>(
      "[...document.querySelectorAll('#log li')].map((row) => [...row.children].map((part) => part.textContent))",
    );
    expect(rows.every(([time]) => /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/.test(time!))).toBe(true);
    const bytes = `${'ab '.repeat(16)}…`;
    expect(rows.map(([, ...rest]) => rest.join(' | '))).toEqual([
      `opened | ws://127.0.0.1:${new URL(app.url).port}/bench/reply | `,
      'sent | text, 7 bytes | grüße',
      'received | text, 24 bytes | Server received: grüße',
      `sent | binary, 20 bytes | ${bytes}`,
      `received | binary, 20 bytes | ${bytes}`,
      'closed | 1000, normal closure | ',
    ]);
    await takeScreenshot(page, 'chat-bench');
    await page.getByLabel('Port').fill('9');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.locator('#log li', { hasText: '1006, the connection broke, or was refused' }).waitFor();
    expect(complaints.filter((complaint) => !complaint.includes('ERR_UNSAFE_PORT'))).toEqual([]);
  });
});
