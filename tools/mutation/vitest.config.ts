import { defineConfig } from 'vitest/config';

const conditions = ['@turnout/source'];

// The tests of the handshake and the codec, and no others: each of thousands of changes runs those that reach it.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/core/test/{handshake,frame,deflate,message,protocol}/**/*.test.ts',
      'packages/core/test/*.test.ts',
    ],
    setupFiles: ['tools/mutation/fewer-runs.ts'],
    pool: 'threads',
    isolate: false,
    testTimeout: 20_000,
  },
});
