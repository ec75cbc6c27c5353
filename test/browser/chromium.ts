import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { requireSystemPart } from '@turnout/test-kit/system-part';

/** Where Chromium is; undefined where it is skipped on purpose. */
export const chromiumPath = requireSystemPart('chromium');

export function launchChromium(): Promise<Browser> {
  return playwright.launch({ executablePath: chromiumPath! });
}

const screenshots = fileURLToPath(new URL('../../screenshots', import.meta.url));

/** Takes a picture for people to look at. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

/** What the page complains about: errors, and violations of its own security policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A connection that fails while the server is away is reported as an error, and is expected.
    if (message.type() === 'error' && !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  return complaints;
}
