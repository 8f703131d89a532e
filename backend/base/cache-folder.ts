import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { type Environment, environment } from './environment';

/**
 * The user's cache of Polymath: what can be fetched or computed again. POLYMATH_CACHE overrides the place that the platform
 * gives it: `$XDG_CACHE_HOME/polymath` or `~/.cache/polymath`, `~/Library/Caches/polymath`, `%LOCALAPPDATA%\polymath\cache`.
 */
export function cacheFolder(
  variables: Environment = environment(),
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  const { POLYMATH_CACHE, LOCALAPPDATA, XDG_CACHE_HOME } = variables;
  if (POLYMATH_CACHE) return resolve(POLYMATH_CACHE);
  if (platform === 'win32') return join(LOCALAPPDATA || join(home, 'AppData', 'Local'), 'polymath', 'cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'polymath');
  // The specification of base folders has relative paths ignored.
  return join(XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(home, '.cache'), 'polymath');
}
