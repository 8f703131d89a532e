import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Whether there is a server to try. */
export const redisThere = spawnSync('redis-server', ['--version']).status === 0;

/** A server of a queue that keeps what it was told in a file and wants a password. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    readonly password: string,
  ) {}

  static async start(folder: string): Promise<RedisServer> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    const server = new RedisServer(folder, port, 'only-for-tests');
    await mkdir(folder, { recursive: true });
    await server.up();
    return server;
  }

  get address(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** What processes that use it are told. */
  get variables(): Record<string, string> {
    return { POLYMATH_QUEUE: this.address, POLYMATH_QUEUE_PASSWORD: this.password };
  }

  connect(): Redis {
    return new Redis({ port: this.port, password: this.password, maxRetriesPerRequest: null });
  }

  async up(): Promise<void> {
    const told = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const kept = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--requirepass', this.password];
    this.child = spawn('redis-server', [...told, ...kept], { stdio: 'ignore' });
    const redis = this.connect();
    redis.on('error', () => undefined);
    // It answers LOADING at first.
    while ((await redis.ping().catch(() => '')) !== 'PONG') await sleep(20);
    redis.disconnect();
  }

  /** Ends it at once, as a machine that fails does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
