import Router from 'router';
import { describe, expect, test } from 'vitest';
import { installWs } from '../../src/adapter.ts';
import { claimsTarget, noteMountedApp } from '../../src/routes/claims-target.ts';

type Ws = (path: string, handler: () => void) => unknown;

function withWs(router: Router.Router): Router.Router & { ws: Ws } {
  return installWs<Router.Router, Ws>(router);
}

describe('claimsTarget()', () => {
  const router = withWs(Router());
  const rooms = withWs(Router());
  const plain = Router();
  router.use((_request, _response, next) => next());
  router.get('/page', () => {});
  router.ws('/echo', () => {});
  router.ws('/user/:id', () => {});
  rooms.ws('/', () => {});
  rooms.ws('/:room', () => {});
  plain.get('/:page', () => {});
  router.use('/rooms', rooms);
  router.use('/by/:owner', rooms);
  router.use('/plain', plain);

  test.each([
    ['/echo', true],
    ['/echo/', true],
    ['/ECHO?x=/1', true],
    ['/user/1', true],
    ['/user/%', true],
    ['/rooms', true],
    ['/rooms/', true],
    ['/rooms/lobby?x', true],
    ['/rooms/%E0%A4%A', true],
    ['/by/me/lobby', true],
    ['/by/%/lobby', true],
    ['http://host/echo', true],
    ['http://host/rooms/lobby', true],
    ['/page', false],
    ['/', false],
    ['/echoes', false],
    ['/roomsful', false],
    ['/rooms/a/b', false],
    ['/plain/echo', false],
    ['/plain/%', false],
    ['http://host', false],
    ['*', false],
    ['', false],
  ])('of %s is %s', (target, isClaimed) => {
    expect(claimsTarget(router.stack, target)).toBe(isClaimed);
  });

  test('sees the routes of an app that its parent calls from a function', () => {
    const handle = (): void => {};
    const parent = Router();
    parent.use('/app', handle);
    expect(claimsTarget(parent.stack, '/app/echo')).toBe(false);
    noteMountedApp(handle, () => router.stack);
    expect(claimsTarget(parent.stack, '/app/echo')).toBe(true);
    expect(claimsTarget(parent.stack, '/app/page')).toBe(false);
  });

  test('understands layers whose match is a boolean, as before router 2.3', () => {
    const inner = router.stack.find((layer) => layer.match('/echo') && layer.route !== undefined)!;
    const outer = { handle: { stack: [inner] }, path: '/old', match: () => true };
    expect(claimsTarget([outer], '/old/echo')).toBe(true);
    expect(claimsTarget([outer], '/old/other')).toBe(false);
  });
});
