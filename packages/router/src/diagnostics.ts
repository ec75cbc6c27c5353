import { channel } from 'node:diagnostics_channel';

/** `turnout:accept`: `{ socket, request }`, an upgrade was accepted, and its handler is about to run. */
export const acceptChannel = channel('turnout:accept');

/** `turnout:refuse`: `{ request, status, reason }`, an upgrade was answered with another status. */
export const refuseChannel = channel('turnout:refuse');

/** `turnout:error`, as `@turnout/core` has it: here of middleware, options' functions and handlers. */
export const errorChannel = channel('turnout:error');
