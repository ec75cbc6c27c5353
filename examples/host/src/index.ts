export { answerFailure } from './answer-failure.ts';
export { dataFolder } from './data-folder.ts';
export type { Example } from './example.ts';
export { keptSessions } from './kept-sessions.ts';
export { nameProblem } from './name-problem.ts';
export { openDatabase } from './open-database.ts';
export { securityHeaders } from './security-headers.ts';
export { serve } from './serve.ts';
export { sharedAssets } from './shared-assets.ts';
