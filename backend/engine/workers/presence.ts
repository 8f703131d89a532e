import type { Redis } from 'ioredis';
import { type WorkerNews, workerNews } from '../../protocol/workers';
import { newsKey } from './wire';

/** Seconds for which what a worker said is believed. */
export const newsSeconds = 20;

export async function tellNews(redis: Redis, news: WorkerNews): Promise<void> {
  await redis.set(newsKey(news.id), JSON.stringify(news), 'EX', newsSeconds);
}

/** Who is there, by name of the machine. */
export async function readNews(redis: Redis): Promise<WorkerNews[]> {
  const keys = new Set<string>();
  const stream: AsyncIterable<string[]> = redis.scanStream({ match: newsKey('*'), count: 1000 });
  for await (const found of stream) for (const key of found) keys.add(key);
  if (keys.size === 0) return [];
  const told = await redis.mget(...keys);
  return told
    .flatMap((text) => {
      const read = text === null ? undefined : workerNews.safeParse(JSON.parse(text));
      return read?.success === true ? [read.data] : [];
    })
    .sort((a, b) => a.host.localeCompare(b.host) || a.since - b.since);
}
