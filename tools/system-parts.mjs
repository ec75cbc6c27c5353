import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';

/** @typedef {{ variable: string, paths: string[], debianPackage: string, usedBy: string }} SystemPart */

const interop = 'the tests with clients and servers in other languages';

/**
 * The programs outside npm that some tests need, and folders of libraries that such programs need: their possible
 * paths, their Debian and Ubuntu packages, and what is not tested without them. A path given in the named environment
 * variable comes first.
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
  curl: {
    variable: 'CURL_PATH',
    paths: ['/usr/bin/curl', '/usr/local/bin/curl', '/opt/homebrew/bin/curl'],
    debianPackage: 'curl',
    usedBy: 'the test of curl as a client',
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
  go: {
    variable: 'GO_PROGRAM_PATH',
    paths: ['/usr/bin/go', '/usr/local/go/bin/go'],
    debianPackage: 'golang-go',
    usedBy: interop,
  },
  'go-gorilla-websocket': {
    variable: 'GO_GORILLA_WEBSOCKET_PATH',
    paths: ['/usr/share/gocode/src/github.com/gorilla/websocket'],
    debianPackage: 'golang-github-gorilla-websocket-dev',
    usedBy: interop,
  },
  'go-nhooyr-websocket': {
    variable: 'GO_NHOOYR_WEBSOCKET_PATH',
    paths: ['/usr/share/gocode/src/nhooyr.io/websocket'],
    debianPackage: 'golang-nhooyr-websocket-dev',
    usedBy: interop,
  },
  python3: {
    variable: 'PYTHON_PATH',
    paths: ['/usr/bin/python3'],
    debianPackage: 'python3',
    usedBy: interop,
  },
  'python3-websockets': {
    variable: 'PYTHON_WEBSOCKETS_PATH',
    paths: ['/usr/lib/python3/dist-packages/websockets'],
    debianPackage: 'python3-websockets',
    usedBy: interop,
  },
  'python3-aiohttp': {
    variable: 'PYTHON_AIOHTTP_PATH',
    paths: ['/usr/lib/python3/dist-packages/aiohttp'],
    debianPackage: 'python3-aiohttp',
    usedBy: interop,
  },
  'python3-tornado': {
    variable: 'PYTHON_TORNADO_PATH',
    paths: ['/usr/lib/python3/dist-packages/tornado'],
    debianPackage: 'python3-tornado',
    usedBy: interop,
  },
  'python3-autobahn': {
    variable: 'PYTHON_AUTOBAHN_PATH',
    paths: ['/usr/lib/python3/dist-packages/autobahn'],
    debianPackage: 'python3-autobahn',
    usedBy: interop,
  },
  perl: {
    variable: 'PERL_PATH',
    paths: ['/usr/bin/perl'],
    debianPackage: 'perl',
    usedBy: interop,
  },
  mojolicious: {
    variable: 'MOJOLICIOUS_PATH',
    paths: ['/usr/share/perl5/Mojolicious'],
    debianPackage: 'libmojolicious-perl',
    usedBy: interop,
  },
  'g++': {
    variable: 'GXX_PATH',
    paths: ['/usr/bin/g++'],
    debianPackage: 'g++',
    usedBy: interop,
  },
  boost: {
    variable: 'BOOST_PATH',
    paths: ['/usr/include/boost/beast'],
    debianPackage: 'libboost-dev',
    usedBy: interop,
  },
  websocketpp: {
    variable: 'WEBSOCKETPP_PATH',
    paths: ['/usr/include/websocketpp'],
    debianPackage: 'libwebsocketpp-dev zlib1g-dev',
    usedBy: interop,
  },
  libwebsockets: {
    variable: 'LIBWEBSOCKETS_PATH',
    paths: ['/usr/include/libwebsockets'],
    debianPackage: 'libwebsockets-dev',
    usedBy: interop,
  },
  javac: {
    variable: 'JAVAC_PATH',
    paths: ['/usr/bin/javac'],
    debianPackage: 'default-jdk-headless',
    usedBy: interop,
  },
};

/**
 * @param {string} name of a system part
 * @returns {string | undefined} the path of the program, or undefined if it is not installed
 */
export function findSystemPart(name) {
  const { variable, paths } = systemPart(name);
  return [process.env[variable], ...paths].find((path) => path && isExecutable(path));
}

/** @param {readonly string[]} unwanted parts */
export function missingSystemParts(unwanted) {
  return Object.keys(systemParts).filter((name) => !unwanted.includes(name) && !findSystemPart(name));
}

/**
 * The environment variables with the path of each part, and the parts to skip.
 *
 * @param {readonly string[]} skipped parts
 * @returns {NodeJS.ProcessEnv}
 */
export function systemPartVariables(skipped) {
  const paths = Object.entries(systemParts).map(([name, { variable }]) => [variable, findSystemPart(name)]);
  return { ...Object.fromEntries(paths), TURNOUT_SKIP: skipped.join(',') };
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
 * @returns {string | undefined} the reason for a failure, or undefined
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
