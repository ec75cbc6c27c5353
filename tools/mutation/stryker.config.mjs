// pnpm mutation: mutates the code of the handshake and the codec in thousands of ways, and counts the mutants that no
// test detects.
export default {
  mutate: ['packages/core/src/{handshake,frame,message,protocol}/**/*.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'tools/mutation/vitest.config.ts' },
  // It would be rewritten with an API that TypeScript 7 lacks; nothing here needs it.
  tsconfigFile: 'tools/mutation/no-tsconfig.json',
  coverageAnalysis: 'perTest',
  timeoutMS: 5_000,
  reporters: ['clear-text', 'progress', 'json'],
  jsonReporter: { fileName: '.mutation/report.json' },
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: '.mutation/sandbox',
  ignorePatterns: ['**/dist', 'examples', 'screenshots'],
};
