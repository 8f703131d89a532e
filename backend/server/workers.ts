/** Workers of a queue: this machine as one of them, and who is there. */
import { availableParallelism } from 'node:os';
import type { DeviceChoice } from '../base/device';
import { program } from '../base/package-folder';
import type { NamedWorkers, WorkerNews } from '../protocol/workers';
import { DeviceChooser } from '../engine/devices/device-choice';
import { queueNamed, workersOf } from '../engine/workers/address';

export interface WorkerSettings extends NamedWorkers {
  readonly device?: DeviceChoice | undefined;
  readonly threads?: number | undefined;
}

/** Makes this process a worker until the signal is aborted. */
export async function becomeWorker(
  { device: wanted, threads = availableParallelism(), ...given }: WorkerSettings,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const address = workersOf({ ...given, queue: queueNamed(given.queue) });
  if (address === undefined) return;
  const { name: device, reason } = await new DeviceChooser().choose(wanted);
  const { serveQueue } = await import('../engine/workers/serve');
  tell(`Computes on ${device} (${reason}) with ${threads} threads; takes tasks from ${address.queue}.`);
  await serveQueue({ address, device, threads, program: await program('backend/programs/worker'), tell, signal });
}

/** Who is at a queue. */
export async function listWorkers(named?: string): Promise<WorkerNews[]> {
  const queue = queueNamed(named);
  const { connectRedis } = await import('../engine/workers/redis');
  const { readNews } = await import('../engine/workers/presence');
  const redis = await connectRedis(queue);
  try {
    return await readNews(redis);
  } finally {
    redis.disconnect();
  }
}
