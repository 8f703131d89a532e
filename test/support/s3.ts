import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { once } from 'node:events';

/** What is used of a server that speaks S3; the package has no types. */
type S3rver = new (options: {
  readonly port: number;
  readonly address: string;
  readonly silent: boolean;
  readonly directory: string;
  readonly configureBuckets: readonly { readonly name: string; readonly configs: readonly string[] }[];
}) => { run(): Promise<unknown>; close(): Promise<void> };

export interface S3Server {
  /** What processes that use it are told. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A server that speaks S3, with one bucket whose objects are files of a folder. */
export async function startS3(directory: string, bucket: string): Promise<S3Server> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const Server = createRequire(import.meta.url)('s3rver') as S3rver;
  const told = { port, address: '127.0.0.1', silent: true, directory };
  const server = new Server({ ...told, configureBuckets: [{ name: bucket, configs: [] }] });
  await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    variables: { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' },
    close: () => server.close(),
  };
}
