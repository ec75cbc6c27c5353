import { adapterContract } from '@turnout/testing/adapter-contract';
import { describe, test } from 'vitest';
import { frameworks } from './frameworks.ts';

describe.each(frameworks)('the adapter for $name', (framework) => {
  // An overloaded machine must not fail a case.
  for (const { name, run } of adapterContract(framework, { timeout: 30_000 })) test(`${name}`, run);
});
