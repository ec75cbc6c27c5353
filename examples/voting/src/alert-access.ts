import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList } from 'node:net';
import type { Request, RequestHandler } from 'express';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Lets through who may raise an alert: who bears the token, where one is set; else programs on this machine.
 * A page on another site that makes a browser on this machine ask, and whoever comes through a proxy, is not such a
 * program.
 */
export function allowAlert(token: string | undefined): RequestHandler {
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    if (token === undefined ? isLocalProgram(request) : bears(request, token)) return next();
    const reason =
      token === undefined ? 'Alerts come from this machine, or set ALERT_TOKEN' : 'Expected the alert token';
    response
      .status(token === undefined ? 403 : 401)
      .type('text')
      .send(`${reason}\n`);
  };
}

function isLocalProgram(request: Request): boolean {
  const { remoteAddress = '' } = request.socket;
  const address = remoteAddress.replace(/^::ffff:/, '');
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => name in request.headers);
  const site = request.get('sec-fetch-site');
  const isOwnPage = site === undefined || site === 'same-origin' || site === 'none';
  return isOwnPage && !isForwarded && loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

function bears(request: Request, token: string): boolean {
  const [scheme, credentials = ''] = (request.get('authorization') ?? '').split(' ');
  const given = scheme?.toLowerCase() === 'bearer' ? credentials : request.query['token'];
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
