import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openMessages, signIn, startVoting } from '../../examples/voting/test/running-app.ts';
import type { RunningExample } from '@turnout/example-host/testing';
import { chromiumPath, complaintsOf, launchChromium, takeScreenshot } from './chromium.ts';

type ContextOptions = Parameters<Browser['newContext']>[0];

describe.skipIf(chromiumPath === undefined)('the voting page in Chromium', () => {
  let browser: Browser;
  let app: RunningExample;
  let contexts: BrowserContext[];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    app = await startVoting();
    contexts = [];
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
    await app.stop();
  });

  /** A separate browser, signed in through the form, with the page connected. */
  async function open(name: string, options?: ContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    contexts.push(context);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(app.url);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#state[data-state=open]').waitFor();
    return { page, complaints };
  }

  const showsCount = (page: Page, id: string, count: number): Promise<void> =>
    page.locator(`#user_${id}`, { hasText: new RegExp(`^${count}$`) }).waitFor();

  test('shows each vote and the alert on two pages, and who is online', async () => {
    const ann = await open('Ann');
    const bob = await open('Bob <b>');
    await ann.page.getByRole('button', { name: 'Vote for Grace Hopper' }).click();
    await showsCount(bob.page, '2', 1);
    await bob.page.getByText('1 vote so far.').waitFor();
    await bob.page.getByRole('button', { name: 'Vote for Grace Hopper' }).click();
    await bob.page.getByRole('button', { name: 'Vote for Ada Lovelace' }).click();
    for (const { page } of [ann, bob]) {
      await showsCount(page, '2', 2);
      await showsCount(page, '1', 1);
      await page.locator('#people li', { hasText: /^Bob <b>$/ }).waitFor();
    }
    await takeScreenshot(ann.page, 'voting');
    expect(await (await fetch(`${app.url}/alert`)).text()).toBe('ok');
    for (const { page } of [ann, bob]) await page.getByRole('dialog', { name: 'Attention, please' }).waitFor();
    await takeScreenshot(bob.page, 'voting-alert');
    await ann.page.keyboard.press('Enter');
    await ann.page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
  });

  test('reconnects after a restart of the server, with no vote lost', async () => {
    const { page, complaints } = await open('Ann');
    await page.getByRole('button', { name: 'Vote for Alan Turing' }).click();
    await showsCount(page, '3', 1);
    const { dataDir, url } = app;
    await app.stop({ keepData: true });
    await page.locator('#state:not([data-state=open])').waitFor();
    expect(await page.getByRole('button', { name: 'Vote for Alan Turing' }).getAttribute('aria-disabled')).toBe('true');
    app = await startVoting({ dataDir, port: Number(new URL(url).port) });
    const bob = await open('Bob');
    await bob.page.getByRole('button', { name: 'Vote for Alan Turing' }).click();
    await page.locator('#state[data-state=open]').waitFor();
    await showsCount(page, '3', 2);
    expect(complaints).toEqual([]);
  });

  test('leads to the login page when the session is logged out in another tab', async () => {
    const { page } = await open('Ann');
    const second = await page.context().newPage();
    await second.goto(app.url);
    await second.getByRole('button', { name: 'Log out' }).click();
    await second.waitForURL(/\/login$/);
    await page.waitForURL(/\/login$/);
  });

  test('reports that a person votes too fast, and has each vote counted in the end', async () => {
    const { dataDir, url } = app;
    await app.stop({ keepData: true });
    const port = Number(new URL(url).port);
    app = await startVoting({ dataDir, port, voteRate: { burst: 2, perSecond: 2 } });
    const { page, complaints } = await open('Eager');
    for (let votes = 0; votes < 6; votes++) await page.getByRole('button', { name: 'Vote for Ada Lovelace' }).click();
    await page.getByRole('alert').getByText('You are voting too fast').waitFor();
    await showsCount(page, '1', 6);
    await page.getByRole('alert').getByText('You are voting too fast').waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
  });

  test('serves others while one page is stalled, which gets the newest counts afterwards', async () => {
    const { dataDir, url } = app;
    await app.stop({ keepData: true });
    const port = Number(new URL(url).port);
    app = await startVoting({ dataDir, port, voteRate: { burst: 3_000, perSecond: 10 } });
    const [stalled, other] = [await open('Ann'), await open('Bob')];
    await stalled.page.locator('#status', { hasText: 'Process' }).waitFor();
    const freeze = stalled.page.evaluate('for (const end = performance.now() + 4000; performance.now() < end;);');
    const voter = await openMessages(app.url, await signIn(app.url, 'Eager'));
    voter.on('message', () => {});
    let mostWaiting = 0;
    for (let votes = 1; votes <= 3_000; votes++) {
      voter.send('1');
      if (votes % 100 > 0) continue;
      await showsCount(other.page, '1', votes);
      mostWaiting = Math.max(mostWaiting, ...[...app.example.app.sockets].map(({ bufferedAmount }) => bufferedAmount));
    }
    expect(mostWaiting).toBeLessThanOrEqual(1024 * 1024);
    await freeze;
    await showsCount(stalled.page, '1', 3_000);
    voter.terminate();
  });

  test('can be used with the keyboard only, on a phone in dark mode', async () => {
    const { page, complaints } = await open('A name that is rather long, but fits ok', {
      viewport: { width: 360, height: 720 },
      colorScheme: 'dark',
    });
    await page.getByRole('button', { name: 'Vote for Edsger Dijkstra' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    await showsCount(page, '4', 2);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    await takeScreenshot(page, 'voting-phone');
    expect(complaints).toEqual([]);
  });

  test('reports at the login what is wrong with a name', async () => {
    const page = await (await browser.newContext()).newPage();
    contexts.push(page.context());
    await page.goto(`${app.url}/login`);
    await page.getByLabel('Your name').fill('   ');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Enter a name').waitFor();
    await takeScreenshot(page, 'voting-login');
  });
});
