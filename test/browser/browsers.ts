import { chromium, firefox, type Browser } from 'playwright-core';
import { requireSystemPart } from '@turnout/test-kit/system-part';

/** Their paths; undefined for one that is skipped on purpose. */
export const browsers = {
  Chromium: requireSystemPart('chromium'),
  Firefox: requireSystemPart('firefox'),
};

export type BrowserName = keyof typeof browsers;

export const browserNames = Object.keys(browsers) as BrowserName[];

export function launch(name: BrowserName): Promise<Browser> {
  const executablePath = browsers[name]!;
  // Debian's Firefox, over WebDriver BiDi.
  return name === 'Chromium'
    ? chromium.launch({ executablePath })
    : firefox.launch({ channel: 'moz-firefox', executablePath });
}
