// Installs the dependencies of the lockfile; scripts that use tools from node_modules begin with it.
import { installDependencies } from './install-dependencies.mjs';

process.exitCode = await installDependencies();
