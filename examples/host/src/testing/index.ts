export { startExample, type RunningExample, type StartOptions } from './start-example.ts';
export { startProcess, type RunningProcess, type StartProcessOptions } from './start-process.ts';
