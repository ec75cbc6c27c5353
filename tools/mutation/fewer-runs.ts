import fc from 'fast-check';

// If a property detects a change, it does so soon.
fc.configureGlobal({ numRuns: 25 });
