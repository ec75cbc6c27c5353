// pnpm build
import { buildPackages } from './build-packages.mjs';
import { installDependencies } from './install-dependencies.mjs';

process.exitCode = (await installDependencies()) || (await buildPackages());
