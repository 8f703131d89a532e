/** The proxies that the environment names, as people write them. */
import { type Environment, environment, type Variable } from '../../base/environment';
import { UserError } from '../../base/errors';

/** Where requests go first, by the scheme of what is asked for; empty where they go straight. */
export interface Proxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
}

/** Throws UserError where a variable names no proxy, or one that cannot be used. */
export function namedProxies(variables: Environment = environment()): Proxies {
  return {
    httpProxy: firstNamed(variables, 'http_proxy', 'HTTP_PROXY', ...forAll),
    httpsProxy: firstNamed(variables, 'https_proxy', 'HTTPS_PROXY', ...forAll),
  };
}

/** Where nothing is said of a scheme, as curl reads them. */
const forAll = ['all_proxy', 'ALL_PROXY'] as const;

function firstNamed(variables: Environment, ...names: readonly Variable[]): string {
  for (const name of names) {
    const given = variables[name]?.trim() ?? '';
    if (given !== '') return proxyAddress(name, given);
  }
  return '';
}

// The name of the server is resolved by the proxy in all of these, as undici does it.
const socks = /^socks(5h?)?:\/\//i;
const other = 'Name one as http://host:port, https://host:port or socks5://host:port, or leave the variable out.';

/** `host:port` is a proxy of HTTP, as curl reads it. Of the address no more is told than its scheme: it may hold a password. */
function proxyAddress(name: Variable, given: string): string {
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(given) ? given.replace(socks, 'socks5://') : `http://${given}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === '') throw new UserError(`${name} does not name a proxy.`, other);
  if (['http:', 'https:', 'socks5:'].includes(url.protocol)) return address;
  throw new UserError(`${name} names a proxy of the kind ${url.protocol.slice(0, -1)}, which cannot be used.`, other);
}
