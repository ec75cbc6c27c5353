import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppBinding } from '@turnout/server/adapter';
import { hideHttpRoutes } from './hide-http-routes.ts';
import { passFiles } from './pass-files.ts';
import { claimsTarget } from './claims-target.ts';

/**
 * Binds an app that uses pillarjs/router, or the router of Express 4 or 5.
 *
 * @param stack the layers of the app's router
 */
export function bindRouter(dispatch: AppBinding['dispatch'], stack: () => readonly unknown[]): AppBinding {
  return {
    dispatch,
    dispatchUpgrade(request: IncomingMessage, response: ServerResponse) {
      hideHttpRoutes(request);
      passFiles(stack());
      dispatch(request, response);
    },
    claims: (target) => claimsTarget(stack(), target),
  };
}
