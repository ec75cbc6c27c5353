import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  numbered,
  sshdPath,
  startViewer,
  write,
  type RunningViewer,
} from '../../examples/log-viewer/test/running-viewer.ts';
import { chromiumPath, complaintsOf, launchChromium, takeScreenshot } from './chromium.ts';

type ContextOptions = Parameters<Browser['newContext']>[0];

describe.skipIf(chromiumPath === undefined || sshdPath === undefined)('the log viewer in Chromium', () => {
  let browser: Browser;
  let viewer: RunningViewer;
  let contexts: BrowserContext[];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    viewer = await startViewer();
    contexts = [];
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
    await viewer.stop();
  });

  async function open(options?: ContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(15_000);
    contexts.push(context);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(viewer.url);
    await page.getByLabel('Name').fill('reader');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: viewer.path }).click();
    await page.locator('#state', { hasText: 'Following' }).waitFor();
    return { page, complaints };
  }
  const line = (page: Page, text: string) => page.locator('#pane .line', { hasText: new RegExp(`^${text}$`) });
  const scrollOf = (page: Page): Promise<[top: number, rest: number]> =>
    page.evaluate<[number, number]>(
      '[pane.scrollTop, pane.scrollHeight - pane.scrollTop - pane.clientHeight].map(Math.round)',
    );

  test('shows a log as it is written, in its colours, as text; stops, starts and closes', async () => {
    write(viewer.path, ...sampleLog());
    const { page, complaints } = await open();
    await line(page, '<img src=x onerror="document.title = 1">').waitFor();
    await page.locator('#shown', { hasText: /^6\d lines\.$/ }).waitFor();
    await page.getByLabel('Search').fill('error');
    await page.locator('#found', { hasText: 'matches' }).waitFor();
    await takeScreenshot(page, 'log-viewer');
    await page.getByLabel('Search').fill('');
    write(viewer.path, '\u001B[1;31mred\u001B[0m and \u001B[38;2;1;2;3mtrue\u001B[0m \u001B]0;title\u0007end');
    await line(page, 'red and true end').waitFor();
    const spans = await page.evaluate<string[][]>(
      '[...pane.lastElementChild.children].map(({ textContent, style }) => [textContent, style.color, style.fontWeight])',
    );
    expect(spans).toEqual([
      ['red', 'var(--red)', '700'],
      [' and ', '', ''],
      ['true', 'rgb(1, 2, 3)', ''],
      [' ', '', ''],
      ['end', '', ''],
    ]);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('.notice-line', { hasText: 'Stopped' }).waitFor();
    await page.locator('#state', { hasText: 'Stopped' }).waitFor();
    write(viewer.path, 'while stopped');
    await page.getByRole('button', { name: 'Start' }).click();
    await line(page, 'while stopped').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('#viewer').waitFor({ state: 'hidden' });
    expect(await page.title()).toBe('Logs');
    expect(complaints).toEqual([]);
  });

  test("keeps its reader's scroll position, and goes to the newest line on demand", async () => {
    write(viewer.path, ...numbered(150));
    const { page } = await open();
    await line(page, 'line 150').waitFor();
    await page.waitForFunction('pane.scrollHeight - pane.scrollTop - pane.clientHeight < 8');
    await page.evaluate('pane.scrollTop = 200');
    await page.getByRole('button', { name: 'Newest line' }).waitFor();
    write(viewer.path, ...numbered(30, 'new'));
    await page.getByRole('button', { name: 'Newest line (30 more)' }).waitFor();
    expect((await scrollOf(page))[0]).toBe(200);
    await page.getByRole('button', { name: 'Newest line (30 more)' }).click();
    await page.waitForFunction('pane.scrollHeight - pane.scrollTop - pane.clientHeight < 8');
    write(viewer.path, 'the last');
    await line(page, 'the last').waitFor();
    await page.waitForFunction('pane.scrollHeight - pane.scrollTop - pane.clientHeight < 8');
  });

  test('finds a text across colours, and moves from match to match', async () => {
    write(viewer.path, ...numbered(150), 'one \u001B[31mtw\u001B[0mo three', 'TWO', 'four');
    const { page } = await open();
    await line(page, 'four').waitFor();
    await page.getByLabel('Search').fill('two');
    await page.locator('#found', { hasText: '2 matches' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#found', { hasText: '1 of 2' }).waitFor();
    await page.getByRole('button', { name: 'Next match' }).click();
    await page.locator('#found', { hasText: '2 of 2' }).waitFor();
    await page.getByRole('button', { name: 'Previous match' }).click();
    await page.locator('#found', { hasText: '1 of 2' }).waitFor();
    expect(await page.evaluate("CSS.highlights.get('current-match').size")).toBe(1);
    await page.getByLabel('Search').fill('line 7');
    await page.locator('#found', { hasText: '11 matches' }).waitFor();
    await page.keyboard.press('Shift+Enter');
    await page.getByRole('button', { name: 'Newest line' }).waitFor();
  });

  test('keeps 5,000 lines and counts the others, however many arrive', async () => {
    const { page, complaints } = await open();
    write(viewer.path, 'ready');
    await line(page, 'ready').waitFor();
    write(viewer.path, ...numbered(100_000));
    await line(page, 'line 100000').waitFor();
    const shown = await page.evaluate<number>("pane.querySelectorAll('.line').length");
    expect(shown).toBeLessThanOrEqual(5_000);
    await page.locator('#dropped', { hasText: /^95,\d\d\d older lines are not shown any more$/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('shows each fault as a clear line, and fits a phone in dark mode', async () => {
    writeFileSync(join(viewer.folder, 'known-hosts'), '');
    const context = await browser.newContext({ viewport: { width: 360, height: 720 }, colorScheme: 'dark' });
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(viewer.url);
    await page.getByLabel('Name').fill('reader');
    await page.getByLabel('Password').fill('wrong password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('That name and password are not known').waitFor();
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: viewer.path }).click();
    await page.locator('.notice-line.error', { hasText: 'Check it, then add it: ssh-keyscan' }).waitFor();
    await page.locator('#state', { hasText: 'Stopped' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await takeScreenshot(page, 'log-viewer-phone');
  });
});

function sampleLog(): string[] {
  const levels = ['\u001B[32mINFO\u001B[0m ', '\u001B[33mWARN\u001B[0m ', '\u001B[1;31mERROR\u001B[0m'];
  const lines = Array.from({ length: 60 }, (_, index) => {
    const level = levels[index % 9 === 4 ? 2 : index % 5 === 3 ? 1 : 0]!;
    const time = `2026-11-21T08:${String(index).padStart(2, '0')}:07.${100 + index}Z`;
    return `${time} ${level} \u001B[36mPOST /api/votes\u001B[0m took ${(index * 37) % 400} ms`;
  });
  return [...lines, '<img src=x onerror="document.title = 1">'];
}
