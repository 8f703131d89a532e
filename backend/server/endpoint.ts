import { environment } from '../base/environment';
import { newToken } from '../rpc/proof';
import type { Embeddings } from '../protocol/inference';
import type { CallOptions, Given, Result } from '../protocol/messages';
import type { EmbedBackend } from './openai/embeddings';
import { type OpenAiOptions, type OpenAiServer, startOpenAi } from './openai/endpoint';

/** Makes vectors where its answers are computed too. */
export type EmbedOnDevice = (
  question: Parameters<EmbedBackend>[0] & Pick<Given<'endpoint/start'>, 'device' | 'precision'>,
  options: CallOptions,
) => Promise<Embeddings>;

/** The OpenAI-compatible endpoint of a project: opened on request, at one place at a time. */
export class OpenAiEndpoint {
  private running: Promise<{ readonly server: OpenAiServer; readonly key: string }> | undefined;

  constructor(private readonly options: Pick<OpenAiOptions, 'models' | 'ask'> & { readonly embed: EmbedOnDevice }) {}

  /** Opens it at a port (0: any that is free), or tells where it is. POLYMATH_API_KEY sets the key, otherwise one is made. */
  async start(params: Given<'endpoint/start'>): Promise<Result<'endpoint/start'>> {
    this.running ??= this.open(params).catch((error: unknown) => {
      this.running = undefined;
      throw error;
    });
    const { server, key } = await this.running;
    return { url: server.url, key };
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    // One that could not be opened was told to whoever asked for it.
    const opened = await running?.catch(() => undefined);
    await opened?.server.close();
  }

  private async open({
    port,
    device,
    precision,
  }: Given<'endpoint/start'>): Promise<{ server: OpenAiServer; key: string }> {
    const { models, ask, embed } = this.options;
    const onDevice: typeof ask = (params, options) => ask({ ...params, device, precision }, options);
    const embedOnDevice: EmbedBackend = (question, options) => embed({ ...question, device, precision }, options);
    const key = environment().POLYMATH_API_KEY || newToken();
    return {
      key,
      server: await startOpenAi({ models, ask: onDevice, embed: embedOnDevice, key, port, host: '127.0.0.1' }),
    };
  }
}
