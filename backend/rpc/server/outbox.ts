import type { WebSocket } from 'ws';

/** Bytes on their way to a client from which on messages wait, and requests of that client are not read. */
const highWater = 2 ** 20;
/** Bytes of notifications that may wait for one client. */
const largestBacklog = 16 * 2 ** 20;

type Frame = string | Uint8Array;
interface Waiting {
  readonly frames: readonly Frame[];
  /** Bytes that count against the backlog. */
  readonly bytes: number;
}

/**
 * Sends in order, and no faster than the client reads. While messages wait, one with a key takes the place of an earlier one
 * with the same key. A client that lets too many notifications pile up is given up with code 1013: it may come back and ask for
 * what it missed. Replies do not count there; they are bounded because a congested client's requests are not read.
 */
export class Outbox {
  private readonly waiting = new Map<string | number, Waiting>();
  private backlog = 0;
  private count = 0;

  constructor(private readonly socket: WebSocket) {}

  reply(frames: readonly Frame[]): void {
    this.enqueue(this.count++, { frames, bytes: 0 });
  }

  notify(frame: string, key?: string): void {
    this.enqueue(key ?? this.count++, { frames: [frame], bytes: Buffer.byteLength(frame) });
    if (this.backlog <= largestBacklog) return;
    this.clear();
    this.socket.resume();
    this.socket.close(1013, 'too much is waiting: come back and ask for what you missed');
  }

  clear(): void {
    this.waiting.clear();
    this.backlog = 0;
  }

  private enqueue(key: string | number, message: Waiting): void {
    this.drop(key);
    this.waiting.set(key, message);
    this.backlog += message.bytes;
    this.pump();
  }

  private readonly pump = (): void => {
    if (this.socket.readyState !== this.socket.OPEN) return this.clear();
    for (const [key, { frames }] of this.waiting) {
      if (this.socket.bufferedAmount > highWater) break;
      this.drop(key);
      for (const frame of frames) this.socket.send(frame, this.pump);
    }
    if (this.socket.bufferedAmount > highWater) this.socket.pause();
    else this.socket.resume();
  };

  private drop(key: string | number): void {
    this.backlog -= this.waiting.get(key)?.bytes ?? 0;
    this.waiting.delete(key);
  }
}
