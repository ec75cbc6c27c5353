import fc from 'fast-check';

// A change that a property notices, it notices soon.
fc.configureGlobal({ numRuns: 25 });
