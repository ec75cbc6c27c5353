// pnpm format: code by oxfmt, and the comments that it leaves as they are.
import { installDependencies } from './install-dependencies.mjs';
import { runDependency } from './run.mjs';
import { wrapAllComments } from './wrap-all-comments.mjs';

process.exitCode = (await installDependencies()) || (await runDependency('oxfmt', ['.']));
wrapAllComments({ write: true });
