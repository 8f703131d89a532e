/**
 * HTTP for downloads: through the proxies that the environment names, with time limits, several attempts, and errors that tell
 * a user what to do.
 */
import { rootCertificates } from 'node:tls';
import { EnvHttpProxyAgent, fetch, type Dispatcher, type Response, Socks5ProxyAgent } from 'undici';
import { version } from '../../base/version';
import { TransferError, transferError } from './errors';
import { namedProxies } from './proxies';
import { sleep } from './sleep';

export interface HttpSettings {
  /** Milliseconds without a byte after which an attempt is given up. */
  readonly patience?: number;
  /** Milliseconds before each further attempt, when the one before brought nothing. */
  readonly delays?: readonly number[];
  /** Certificates that are trusted besides Node's own, PEM. */
  readonly certificates?: readonly string[];
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

// A rate limit may ask for hours; nobody waits for that in front of a progress line.
const longestWait = 60_000;

/** undici warns once, with the first agent, that its SOCKS is an experiment: whoever uses such a proxy can do nothing about that. */
function useSocks(proxy: string): void {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    void new Socks5ProxyAgent(proxy).close();
  } finally {
    process.emitWarning = emitWarning;
  }
}

export class Http {
  private readonly dispatcher: Dispatcher;
  private readonly delays: readonly number[];

  /** Throws UserError where the environment names a proxy that cannot be used. */
  constructor({ patience = 30_000, delays = [1000, 2000, 4000, 8000, 16_000], certificates }: HttpSettings = {}) {
    const trusted = certificates === undefined ? {} : { ca: [...rootCertificates, ...certificates] };
    const proxies = namedProxies();
    Object.values(proxies)
      .filter((proxy: string) => proxy.startsWith('socks5:'))
      .forEach(useSocks);
    this.dispatcher = new EnvHttpProxyAgent({
      ...proxies,
      headersTimeout: patience,
      bodyTimeout: patience,
      connect: { timeout: patience, ...trusted },
      requestTls: { timeout: patience, ...trusted },
    });
    this.delays = delays;
  }

  /**
   * One attempt; redirects are followed, and credentials go to the first origin only. Resolves for every status. Throws
   * TransferError where there is no answer, and the signal's reason when it is aborted.
   */
  async get(url: string, { headers = {}, signal }: GetOptions): Promise<Response> {
    try {
      return await fetch(url, {
        dispatcher: this.dispatcher,
        // Bytes as they are: lengths, ranges and hashes are those of the file.
        headers: { 'user-agent': `polymath/${version}`, 'accept-encoding': 'identity', ...headers },
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw transferError(error, url);
    }
  }

  /**
   * Repeats `attempt` where it throws a TransferError that another attempt may cure. `progress` tells how far it came: an
   * attempt that came further than the one before is followed by as many attempts as the first. A server that was never
   * reached is not waited for: most likely there is no network.
   */
  async persist<T>(attempt: () => Promise<T>, signal: AbortSignal, progress: () => number = () => 0): Promise<T> {
    for (let failures = 0; ; failures++) {
      const before = progress();
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof TransferError) || !error.passing) throw error;
        if (error.unreachable && progress() === 0) throw error;
        if (progress() > before) failures = 0;
        if (failures >= this.delays.length) throw error;
        await sleep(Math.max(this.delays[failures], Math.min(error.retryAfter, longestWait)), signal);
      }
    }
  }

  async close(): Promise<void> {
    await this.dispatcher.close();
  }
}

/** The answer's text. Throws TransferError where it breaks off, or is longer than `limit` bytes. */
export async function readText(response: Response, limit: number, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      parts.push(Buffer.from(chunk as Uint8Array));
      length += parts[parts.length - 1].byteLength;
      if (length > limit) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw transferError(error, response.url);
  }
  if (length <= limit) return Buffer.concat(parts).toString('utf8');
  throw new TransferError(
    `${new URL(response.url).host} answered with more than ${limit} bytes where a listing was asked for.`,
    'Check HF_ENDPOINT and the proxy.',
    { passing: false },
  );
}
