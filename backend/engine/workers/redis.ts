import { Redis } from 'ioredis';
import { UserError } from '../../base/errors';
import { redisOptions } from './address';

/** A connection to a queue's server. Throws UserError where it cannot be reached now or lets nobody in; later it is waited for. */
export async function connectRedis(queue: string): Promise<Redis> {
  const first = new Redis({
    ...redisOptions(queue),
    ...{ lazyConnect: true, connectTimeout: 10_000, maxRetriesPerRequest: 0, retryStrategy: () => null },
  });
  const causes: Error[] = [];
  first.on('error', (error) => causes.push(error));
  try {
    await first.connect();
    await first.ping();
  } catch (error) {
    throw unreachable(queue, causes.at(0) ?? error);
  } finally {
    first.disconnect();
  }
  return new Redis(redisOptions(queue));
}

function unreachable(queue: string, error: unknown): UserError {
  const cause = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  if (/NOAUTH|WRONGPASS|invalid username-password|NOPERM/.test(cause)) {
    return new UserError(
      `The queue at ${queue} lets nobody in without the right password: ${cause}.`,
      'Set POLYMATH_QUEUE_PASSWORD, and name the user in the address where it has one: redis://USER@HOST:PORT.',
    );
  }
  return new UserError(
    `The queue at ${queue} cannot be reached: ${cause || 'nobody answers'}.`,
    'Start Redis or Valkey there, or name another one with --queue.',
  );
}

/** Says once that a server is away, and once that it is back. */
export function tellOutages(redis: Redis, tell: (line: string) => void): void {
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) tell(`The queue cannot be reached: ${error.message || error.name}. It is waited for.`);
    away = true;
  });
  redis.on('ready', () => {
    if (away) tell('The queue is back.');
    away = false;
  });
}
