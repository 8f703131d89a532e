/** A proxy of SOCKS version 5 (RFC 1928), with or without a name and a password (RFC 1929), that connects to this machine only. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const [VERSION, NO_LOGIN, LOGIN, REFUSED, NAME, IPV4] = [5, 0, 2, 0xff, 3, 1];

export class SocksServer {
  /** What was asked for, as `host:port`, in order. */
  readonly asked: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  /** `login`: "name:password" that must be given. */
  private constructor(login: string | undefined) {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      this.serve(socket, login).catch(() => socket.destroy());
    });
  }

  static async start(login?: string): Promise<SocksServer> {
    const proxy = new SocksServer(login);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(socket: Socket, login: string | undefined): Promise<void> {
    const [, count] = await read(socket, 2);
    const offered = await read(socket, count);
    const wanted = login === undefined ? NO_LOGIN : LOGIN;
    if (!offered.includes(wanted)) return void socket.end(Buffer.of(VERSION, REFUSED));
    socket.write(Buffer.of(VERSION, wanted));
    if (login !== undefined) {
      const [, length] = await read(socket, 2);
      const name = await read(socket, length);
      const password = await read(socket, (await read(socket, 1))[0]);
      const right = `${name.toString()}:${password.toString()}` === login;
      socket.write(Buffer.of(1, right ? 0 : 1));
      if (!right) return void socket.end();
    }
    const [, , , kind] = await read(socket, 4);
    const address = await read(socket, kind === NAME ? (await read(socket, 1))[0] : kind === IPV4 ? 4 : 16);
    const port = (await read(socket, 2)).readUInt16BE();
    this.asked.push(`${kind === NAME ? address.toString() : address.join('.')}:${port}`);
    const target = connect(port, '127.0.0.1', () => {
      socket.write(Buffer.of(VERSION, 0, 0, IPV4, 0, 0, 0, 0, 0, 0));
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
  }
}

async function read(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const found = bytes === 0 ? Buffer.alloc(0) : (socket.read(bytes) as Buffer | null);
    if (found !== null) return found;
    await new Promise((resolve, reject) => {
      socket.once('readable', resolve);
      socket.once('close', () => reject(new Error('the client went away')));
    });
  }
}
