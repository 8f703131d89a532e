import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { type Environment, environment } from '../../base/environment';
import { UserError } from '../../base/errors';

/** What is kept is named by the SHA-256 of its bytes, which the service checks too. */
interface Content {
  readonly body: Blob | string;
  readonly sha256: string;
}

/** Milliseconds between tries. */
const pauses = [200, 1000];

/** The objects below an address `s3://bucket/prefix`, in any service that speaks S3. */
export class S3Client {
  private readonly client: AwsClient;
  private readonly root: string;

  /** Throws UserError where the environment has no key. */
  constructor(
    readonly address: string,
    variables: Environment = environment(),
  ) {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = variables;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      throw new UserError(
        `There is no key for ${address}.`,
        'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for a service other than Amazon’s AWS_ENDPOINT_URL, too.',
      );
    }
    const region = variables.AWS_REGION || 'us-east-1';
    this.client = new AwsClient({
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
      service: 's3',
      region,
    });
    const { hostname: bucket, pathname } = new URL(address);
    const endpoint = variables.AWS_ENDPOINT_URL;
    const host = endpoint
      ? `${endpoint.replace(/\/+$/, '')}/${bucket}`
      : `https://${bucket}.s3.${region}.amazonaws.com`;
    this.root = `${host}${pathname.replace(/\/+$/, '')}`;
  }

  async has(name: string): Promise<boolean> {
    return (await this.ask('HEAD', name)) !== undefined;
  }

  /** The bytes of an object as they come; undefined where there is none. */
  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const response = await this.ask('GET', name);
    return response && (response.body ?? emptyBody());
  }

  async put(name: string, content: Content): Promise<void> {
    await this.ask('PUT', name, content);
  }

  /** Tries again where the network fails for a moment; what the service itself has to regret, the client tries again. */
  private async fetch(url: string, request: RequestInit): Promise<Response> {
    for (const pause of pauses) {
      try {
        return await this.client.fetch(url, request);
      } catch {
        await sleep(pause);
      }
    }
    return this.client.fetch(url, request);
  }

  /** Undefined where there is no such object. Throws UserError where the service cannot be reached, or refuses. */
  private async ask(method: 'HEAD' | 'GET' | 'PUT', name: string, content?: Content): Promise<Response | undefined> {
    const told = content && { body: content.body, headers: { 'X-Amz-Content-Sha256': content.sha256 } };
    const response = await this.fetch(`${this.root}/${name}`, { method, ...told }).catch((error: unknown) => {
      const cause =
        error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
      throw new UserError(
        `The store ${this.address} cannot be reached: ${cause}.`,
        'Check AWS_ENDPOINT_URL and the network.',
      );
    });
    if (response.ok) return response;
    const code = /<Code>(\w+)<\/Code>/.exec(method === 'HEAD' ? '' : await response.text())?.[1];
    if (response.status === 404 && code !== 'NoSuchBucket') return undefined;
    const said = code ?? response.statusText;
    throw new UserError(
      `The store ${this.address} refuses: ${response.status} ${said}.`,
      code === 'NoSuchBucket' ? 'Make the bucket, or name another one.' : 'Check the key, its rights and AWS_REGION.',
    );
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // An object without a byte has no body.
}
