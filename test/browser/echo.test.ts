import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEchoApp } from '../../examples/echo/src/echo-app.ts';
import { chromiumPath, complaintsOf, launchChromium, takeScreenshot } from './chromium.ts';

describe.skipIf(chromiumPath === undefined)('the echo page in Chromium', () => {
  const app = createEchoApp();
  let browser: Browser;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    browser = await launchChromium();
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    await browser?.close();
    await app.close();
    server.close();
    server.closeAllConnections();
  });

  const state = (page: Page, word: string): Promise<void> => page.locator('#state', { hasText: word }).waitFor();

  test('says the state in words, logs what happens, and answers on each path', async () => {
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    await page.goto(url);
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
