import type { AppUnderTest, TestRoute } from '../adapter-under-test.ts';

/** Sets up an app that has one route. */
export function routeOf(path: string, handler: TestRoute['handler']): (app: AppUnderTest) => void {
  return ({ ws }) => ws(path, { handler });
}
