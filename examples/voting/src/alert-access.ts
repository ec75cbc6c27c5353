import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList } from 'node:net';
import type { Request, RequestHandler } from 'express';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Allows alerts from bearers of the token, if one is set; otherwise from programs on this machine. That excludes a
 * browser on this machine on behalf of another site's page, and requests through a proxy.
 */
export function allowAlert(token: string | undefined): RequestHandler {
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    if (token === undefined ? isLocalProgram(request) : bears(request, token)) return next();
    if (token === undefined) response.status(403);
    else response.status(401).setHeader('WWW-Authenticate', 'Bearer');
    const reason =
      token === undefined
        ? 'Alerts come from programs on this machine, and through no proxy; or set ALERT_TOKEN'
        : 'Expected the alert token';
    response.type('text').send(`${reason}\n`);
  };
}

/**
 * The headers that programs and browsers send themselves. Every proxy adds its own headers, and each product has new
 * ones: so any other header is considered a proxy's.
 */
const ownHeaders = new RegExp(
  `^(?:${[
    'host|connection|keep-alive|user-agent|accept(?:-charset|-encoding|-language)?|content-(?:length|type)',
    'cache-control|pragma|if-modified-since|if-none-match|range|te|upgrade|http2-settings|priority',
    'authorization|cookie|origin|referer|dnt|upgrade-insecure-requests|sec-(?:ch|fetch|gpc|purpose)[a-z-]*',
  ].join('|')})$`,
);

function isLocalProgram(request: Request): boolean {
  const isForwarded = Object.keys(request.headers).some((name) => !ownHeaders.test(name));
  const site = request.get('sec-fetch-site');
  const isOwnPage = site === undefined || site === 'same-origin' || site === 'none';
  // The Host is checked too: with DNS rebinding a page's name resolves to 127.0.0.1, which is the same origin for its
  // browser.
  return (
    isOwnPage && !isForwarded && isLoopback(request.socket.remoteAddress ?? '') && isLocalHost(request.get('host'))
  );
}

function isLocalHost(host = ''): boolean {
  const name = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  return name.toLowerCase() === 'localhost' || isLoopback(name);
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return loopback.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
}

function bears(request: Request, token: string): boolean {
  const [scheme, credentials = ''] = (request.get('authorization') ?? '').split(' ');
  const given = scheme?.toLowerCase() === 'bearer' ? credentials : request.query['token'];
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

/** Has a fixed length, as a comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
