// Lets a program outside the workspace import what the tests may import: every package and every framework.
import { register } from 'node:module';

register('./resolve-from-tests-hook.mjs', import.meta.url);
