import type { Browser, Page } from 'playwright-core';
import { startExample, type RunningExample } from '@turnout/example-host/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEchoApp } from '../../examples/echo/src/echo-app.ts';
import { chromiumPath, complaintsOf, launchChromium, takeScreenshot } from './chromium.ts';

describe.skipIf(chromiumPath === undefined)('the echo page in Chromium', () => {
  let browser: Browser;
  let running: RunningExample;
  beforeAll(async () => {
    browser = await launchChromium();
    running = await startExample(createEchoApp);
  });
  afterAll(async () => {
    await browser?.close();
    await running?.stop();
  });

  const state = (page: Page, word: string): Promise<void> => page.locator('#state', { hasText: word }).waitFor();

  test('shows the state in words, logs events, and gets answers on each path', async () => {
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    await page.goto(running.url);
    await state(page, 'open');
    await page.locator('#log .notice', { hasText: 'opened /echo' }).waitFor();
    for (const [path, answer] of [
      ['/echo', 'grüße'],
      ['/upper', 'GRÜSSE'],
      ['/reply', 'Server received: grüße'],
    ] as const) {
      await page.getByRole('button', { name: 'Close' }).click();
      await state(page, 'closed');
      await page.locator('#log .notice', { hasText: 'closed: 1000' }).last().waitFor();
      await page.getByLabel('Path').selectOption(path);
      await page.getByRole('button', { name: 'Connect' }).click();
      await state(page, 'open');
      await page.getByLabel('Message').fill('grüße');
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.locator('#log .received').getByText(answer, { exact: true }).waitFor();
    }
    await takeScreenshot(page, 'echo');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
