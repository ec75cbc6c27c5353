import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@turnout/source'];

// The same tests with Express 4; test/ecosystem/express4.test.ts runs them.
export default defineConfig({
  root: fileURLToPath(new URL('../../../..', import.meta.url)),
  resolve: {
    conditions,
    alias: [{ find: /^express$/, replacement: createRequire(import.meta.url).resolve('express4') }],
  },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/adapters/express/test/*.test.ts'],
    pool: 'threads',
    isolate: false,
    testTimeout: 20_000,
    env: { TURNOUT_EXPRESS: '4' },
  },
});
