/**
 * How the packages of Turnout declare and check their options. Internal: it may change in any version.
 *
 * @module
 */
export { flag, oneOf } from './options/choice.ts';
export { callback, checked, object, text, texts, value } from './options/value.ts';
export { group, members } from './options/group.ts';
export { limit, type Limit } from './options/limit.ts';
export type { Option, OptionsFor, Resolved } from './options/option.ts';
export { readOptions, resolveOptions } from './options/read-options.ts';
export { longestDelay, milliseconds, whole } from './options/whole-number.ts';
