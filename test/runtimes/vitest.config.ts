import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@turnout/source'];

// The contract suite on a runtime that is not Node.js; runtimes.test.ts starts it there.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/contract/**/*.test.ts'],
    setupFiles: ['test/runtimes/assert-runtime.ts'],
    // Deno does not end the threads that Vitest has started.
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
