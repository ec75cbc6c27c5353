// pnpm build
import { buildPackages } from './build-packages.mjs';

process.exitCode = await buildPackages();
