import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { requireSystemPart } from '@turnout/test-kit/system-part';

/** The path of Chromium; undefined if it is skipped on purpose. */
export const chromiumPath = requireSystemPart('chromium');

export function launchChromium(): Promise<Browser> {
  return playwright.launch({ executablePath: chromiumPath! });
}

const screenshots = fileURLToPath(new URL('../../screenshots', import.meta.url));

/** Takes a screenshot for people to look at. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

/** The errors of the page, and violations of its security policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A failing connection while the server is down is reported as an error, and is expected.
    if (message.type() === 'error' && !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  return complaints;
}
