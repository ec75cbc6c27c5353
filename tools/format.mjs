// pnpm format: formats code with oxfmt, and wraps the comments that it does not change.
import { installDependencies } from './install-dependencies.mjs';
import { runDependency } from './run.mjs';
import { wrapAllComments } from './wrap-all-comments.mjs';

process.exitCode = (await installDependencies()) || (await runDependency('oxfmt', ['.']));
wrapAllComments({ write: true });
