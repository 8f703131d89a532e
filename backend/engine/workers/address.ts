import { isAbsolute } from 'node:path';
import type { RedisOptions } from 'ioredis';
import { type Environment, environment } from '../../base/environment';
import { UserError } from '../../base/errors';
import type { NamedWorkers, WorkersAddress } from '../../protocol/workers';

/** The queue that somebody named, or that of the environment. Throws UserError where there is none, and as `checkQueue` does. */
export function queueNamed(named?: string, { POLYMATH_QUEUE }: Environment = environment()): string {
  const queue = named ?? POLYMATH_QUEUE ?? '';
  if (queue === '') {
    throw new UserError('No queue was named.', 'Name one with --queue redis://HOST:PORT, or by POLYMATH_QUEUE.');
  }
  checkQueue(queue);
  return queue;
}

/**
 * The workers that somebody named, or those of the environment; undefined where no queue is named. Throws UserError where one is no
 * address of a queue, or there is no place for artifacts beside it.
 */
export function workersOf(
  named: NamedWorkers = {},
  variables: Environment = environment(),
): WorkersAddress | undefined {
  // A place for artifacts alone is for whoever names a queue one day.
  if ((named.queue ?? variables.POLYMATH_QUEUE ?? '') === '') return undefined;
  const queue = queueNamed(named.queue, variables);
  const artifacts = named.artifacts ?? variables.POLYMATH_ARTIFACTS ?? '';
  checkArtifacts(artifacts);
  return { queue, artifacts };
}

/** Throws UserError where this is no address of a queue, or holds a password. */
function checkQueue(queue: string): void {
  const url = URL.canParse(queue) ? new URL(queue) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
    // What cannot be read may hold a password, too.
    const shown = queue.includes('@') ? '' : `: ${queue}`;
    throw new UserError(`This is no address of a queue${shown}.`, 'Give redis://HOST:PORT, or rediss://HOST:PORT.');
  }
  if (url.password === '') return;
  throw new UserError(
    'The address of the queue holds a password, which records and logs would show.',
    'Leave it out there, and set POLYMATH_QUEUE_PASSWORD; a user name may stay: redis://USER@HOST:PORT.',
  );
}

/** Throws UserError where this is no place for artifacts. */
function checkArtifacts(artifacts: string): void {
  if (artifacts === '') {
    throw new UserError(
      'A queue was named, and no place for artifacts.',
      'Name a folder that all workers share, or s3://BUCKET/PREFIX: --artifacts, or POLYMATH_ARTIFACTS.',
    );
  }
  if (/^s3:\/\/[a-z0-9][a-z0-9.-]+(\/.*)?$/.test(artifacts) || isAbsolute(artifacts)) return;
  throw new UserError(
    `This is no place for artifacts: ${artifacts}.`,
    'Give the whole path of a folder, so that every process finds the same one, or s3://BUCKET/PREFIX.',
  );
}

/** How Redis is connected to, for as long as that takes. */
export function redisOptions(
  queue: string,
  { POLYMATH_QUEUE_PASSWORD: password }: Environment = environment(),
): RedisOptions {
  const url = new URL(queue);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: url.port === '' ? 6379 : Number(url.port),
    db: Number(url.pathname.slice(1) || 0),
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(password && { password }),
    ...(url.protocol === 'rediss:' && { tls: { servername: host } }),
    // A server that is away for a while is waited for.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(5000, 100 * 2 ** Math.min(times, 10)),
  };
}
