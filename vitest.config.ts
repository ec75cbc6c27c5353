import { configDefaults, defineConfig } from 'vitest/config';

// Packages are tested from their TypeScript sources; test/packaging proves the built ones.
const conditions = ['@turnout/source'];

/** `pnpm test:long`: millions of inputs instead of thousands, and abuse at full scale. */
const isLong = process.env['TURNOUT_LONG'] === '1';

/** They install dozens of packages, and take minutes. */
const longOnly = ['test/packaging/toolchains.test.ts', 'test/runtimes/runtimes.test.ts'];

const full = { lines: 100, branches: 100, functions: 100, statements: 100 };

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/**/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: isLong ? configDefaults.exclude : [...configDefaults.exclude, ...longOnly],
    typecheck: {
      enabled: true,
      include: ['test/types/**/*.test-d.ts'],
      tsconfig: 'test/types/tsconfig.json',
    },
    // Notices of what tests have refused on purpose; those about notices look at the console themselves.
    onConsoleLog: (log) => !log.startsWith('turnout: '),
    globalSetup: 'test/packaging/shared-folder.ts',
    // One process and no isolation is an order of magnitude faster; tests keep no global state.
    pool: 'threads',
    isolate: false,
    maxWorkers: 2,
    // No test takes long; a machine with more to do than it can must not fail one.
    testTimeout: isLong ? 30 * 60_000 : 60_000,
    hookTimeout: 60_000,
    // What is waited for comes at once on a machine that has nothing else to do, and late on one that does.
    expect: { poll: { timeout: 30_000 } },
    coverage: {
      provider: 'v8',
      include: [
        'packages/{core,server,router,testing,messages,topics,client}/src/**/*.ts',
        'packages/{adapters,brokers}/*/src/**/*.ts',
      ],
      reporter: ['text'],
      thresholds: {
        'packages/core/src/**': full,
        'packages/server/src/**': full,
        'packages/router/src/**': full,
        'packages/client/src/**': full,
      },
    },
  },
});
