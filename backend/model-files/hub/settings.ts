/** What the environment says about the Hugging Face hub: the variables of Hugging Face's own tools, with their meaning. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Environment, environment } from '../../base/environment';
import { UserError } from '../../base/errors';

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** The folder that holds `models--org--name`. */
  readonly cache: string;
  readonly token?: string;
  /** Whether the network is not to be used. */
  readonly offline: boolean;
}

/**
 * Reads HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH and HF_HUB_OFFLINE, and the token's file. Throws UserError
 * for an endpoint that is no address.
 */
export async function hubSettings(variables: Environment = environment()): Promise<HubSettings> {
  const home = hubHome(variables);
  const endpoint = webAddress(variables.HF_ENDPOINT || 'https://huggingface.co', 'HF_ENDPOINT').href;
  const token =
    cleaned(variables.HF_TOKEN) ?? (await readToken(expanded(variables.HF_TOKEN_PATH) ?? join(home, 'token')));
  return {
    endpoint: endpoint.replace(/\/+$/, ''),
    cache: hubCache(variables),
    ...(token === undefined ? {} : { token }),
    offline: isTrue(variables.HF_HUB_OFFLINE) || isTrue(variables.TRANSFORMERS_OFFLINE),
  };
}

/** Throws UserError for what is no address of a web server; `variable` is where it comes from. */
export function webAddress(text: string, variable: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new UserError(
    `${variable} is no address of a server: ${text}.`,
    `Set ${variable} to one that begins with https://.`,
  );
}

/** The hub's cache, shared with Hugging Face's tools. */
export function hubCache(variables: Environment = environment()): string {
  const named = variables.HF_HUB_CACHE || variables.HUGGINGFACE_HUB_CACHE;
  return resolve(expanded(named) ?? join(hubHome(variables), 'hub'));
}

function hubHome({ HF_HOME, XDG_CACHE_HOME }: Environment): string {
  return resolve(expanded(HF_HOME) ?? join(expanded(XDG_CACHE_HOME) ?? join(homedir(), '.cache'), 'huggingface'));
}

function expanded(path: string | undefined): string | undefined {
  return path === undefined || path === '' ? undefined : path.replace(/^~(?=$|[/\\])/, homedir());
}

function isTrue(value = ''): boolean {
  return ['1', 'on', 'yes', 'true'].includes(value.toLowerCase());
}

async function readToken(path: string): Promise<string | undefined> {
  // Whatever keeps it from being read, public models need no token.
  return cleaned(await readFile(path, 'utf8').catch(() => ''));
}

/** A token as a header can carry it; files of tokens end in a line feed. */
function cleaned(token = ''): string | undefined {
  const text = token.trim();
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}
