import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';

/** @typedef {{ variable: string, paths: string[], debianPackage: string, usedBy: string }} SystemPart */

/**
 * The programs outside npm that some tests need: where each may be found, the Debian and Ubuntu package it comes from,
 * and what is not tested without it. A path given in the named environment variable comes first.
 *
 * @type {Record<string, SystemPart>}
 */
export const systemParts = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    paths: [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome-stable',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    debianPackage: 'chromium',
    usedBy: 'the browser tests',
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'],
    debianPackage: 'firefox-esr',
    usedBy: 'the tests of HTTP/2 in browsers',
  },
  'redis-server': {
    variable: 'REDIS_SERVER_PATH',
    paths: ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'],
    debianPackage: 'redis-server',
    usedBy: 'the tests of several processes',
  },
  'nats-server': {
    variable: 'NATS_SERVER_PATH',
    paths: [
      '/usr/sbin/nats-server',
      '/usr/bin/nats-server',
      '/usr/local/bin/nats-server',
      '/opt/homebrew/bin/nats-server',
    ],
    debianPackage: 'nats-server',
    usedBy: 'the tests of several processes',
  },
  nginx: {
    variable: 'NGINX_PATH',
    paths: ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'],
    debianPackage: 'nginx-light',
    usedBy: 'the tests behind a reverse proxy',
  },
  sshd: {
    variable: 'SSHD_PATH',
    paths: ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd'],
    debianPackage: 'openssh-server',
    usedBy: 'the tests of the log viewer',
  },
};

/**
 * @param {string} name of a system part
 * @returns {string | undefined} the path of the program, or undefined where it is not installed
 */
export function findSystemPart(name) {
  const { variable, paths } = systemPart(name);
  return [process.env[variable], ...paths].find((path) => path && isExecutable(path));
}

/**
 * The command that installs the named parts, for a person to type.
 *
 * @param {string[]} names
 */
export function installCommand(names) {
  const packages = names.map((name) => systemPart(name).debianPackage).join(' ');
  return `apt-get update && apt-get install -y --no-install-recommends ${packages}`;
}

/**
 * Installs the named parts.
 *
 * @param {string[]} names
 * @returns {string | undefined} why that was not possible, or undefined where it was
 */
export function installSystemParts(names) {
  if (!existsSync('/etc/debian_version')) return 'this system has no apt-get';
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !maySudo()) return 'that takes root, or sudo without a password';
  const become = isRoot ? [] : ['sudo', '-n'];
  const [program, ...parameters] = [
    ...become,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'sh',
    '-c',
    installCommand(names),
  ];
  try {
    execFileSync(program, parameters, { stdio: 'inherit' });
  } catch (error) {
    return `the installation failed: ${String(error)}`;
  }
  const absent = names.filter((name) => !findSystemPart(name));
  return absent.length > 0 ? `apt-get brought no usable ${absent.join(', ')}` : undefined;
}

function maySudo() {
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
}

/** @param {string} name */
function systemPart(name) {
  const part = systemParts[name];
  if (part === undefined) throw new TypeError(`Unknown system part: ${name}`);
  return part;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
