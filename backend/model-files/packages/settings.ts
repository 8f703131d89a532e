/** Which index of Python packages is asked: the one that pip would ask. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Environment, environment } from '../../base/environment';
import { webAddress } from '../hub/settings';

export interface IndexSettings {
  /** A "simple" index, without a slash at its end and without credentials. */
  readonly url: string;
  /** User and password that the address of the index holds, as a header for its origin. */
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates that pip is told to trust, PEM. */
  readonly certificates?: readonly string[];
}

const publicIndex = 'https://pypi.org/simple';

/** PIP_INDEX_URL and PIP_CERT, then `index-url` and `cert` of pip's configuration files, then the public index. Throws UserError. */
export async function indexSettings(
  variables: Environment = environment(),
  files = configurationFiles(variables),
): Promise<IndexSettings> {
  let found: Readonly<Record<string, string>> = {};
  for (const file of files) found = { ...found, ...globalOptions(await readFile(file, 'utf8').catch(() => '')) };
  const url = webAddress(variables.PIP_INDEX_URL || found['index-url'] || publicIndex, 'PIP_INDEX_URL');
  const user = decodeURIComponent(`${url.username}:${url.password}`);
  const headers = user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  [url.username, url.password] = ['', ''];
  const certificate = variables.PIP_CERT || found.cert;
  const pem = certificate === undefined ? '' : await readFile(certificate, 'utf8').catch(() => '');
  return { url: url.href.replace(/\/+$/, ''), headers, ...(pem === '' ? {} : { certificates: [pem] }) };
}

/** In pip's order: what comes later outranks what comes before. */
function configurationFiles({ APPDATA, PIP_CONFIG_FILE, VIRTUAL_ENV, XDG_CONFIG_HOME }: Environment): string[] {
  const home = homedir();
  const places: Partial<Record<NodeJS.Platform, string[]>> = {
    win32: ['C:\\ProgramData\\pip\\pip.ini', join(APPDATA ?? home, 'pip', 'pip.ini')],
    darwin: [
      '/Library/Application Support/pip/pip.conf',
      join(home, '.config', 'pip', 'pip.conf'),
      join(home, 'Library', 'Application Support', 'pip', 'pip.conf'),
    ],
  };
  const linux = [
    '/etc/pip.conf',
    join(home, '.pip', 'pip.conf'),
    join(XDG_CONFIG_HOME || join(home, '.config'), 'pip', 'pip.conf'),
  ];
  const named = [VIRTUAL_ENV && join(VIRTUAL_ENV, 'pip.conf'), PIP_CONFIG_FILE].filter((file) => file !== undefined);
  return [...(places[process.platform] ?? linux), ...named];
}

/** The options of the section [global] of an INI file. */
function globalOptions(text: string): Record<string, string> {
  const options: Record<string, string> = {};
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1] ?? section;
    const option = /^\s*([\w-]+)\s*[=:]\s*(\S.*?)\s*$/.exec(line);
    if (section === 'global' && option !== null) options[option[1].replaceAll('_', '-')] = option[2];
  }
  return options;
}
