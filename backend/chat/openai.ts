/** Chat models behind an endpoint that speaks OpenAI's protocol: Ollama, LM Studio, vLLM, the editor's own models, clouds. */
import OpenAI, { APIConnectionError, APIError } from 'openai';
import { UserError } from '../base/errors';
import {
  type ChatTurn,
  type ChatModel,
  type ChatOptions,
  type ChatReply,
  estimateTokens,
  RefusedQuestionError,
  SilentError,
} from './chat-model';

/** The key of an endpoint, and the next step of a person where it is refused. */
export interface ChatKey {
  /** Ollama and LM Studio want none. */
  readonly value: string | undefined;
  readonly next: string;
}

export interface ChatEndpoint {
  /** With the version: `http://127.0.0.1:11434/v1`. */
  readonly url: string;
  readonly model: string;
  readonly key: ChatKey;
  /** Seconds to wait for one reply; the package tries again, with growing pauses or as long as the server asks for. */
  readonly patience?: number;
  readonly retries?: number;
}

/** What some servers refuse, and answer without. */
type Optional = 'temperature' | 'max_tokens';

export class OpenAiModel implements ChatModel {
  private readonly client: OpenAI;
  private readonly refused = new Set<Optional>();

  constructor(private readonly endpoint: ChatEndpoint) {
    const { url, key, patience = 60, retries = 3 } = endpoint;
    // Nothing of the environment is taken unasked: a key goes only where it was meant to go.
    this.client = new OpenAI({
      baseURL: url,
      apiKey: key.value ?? 'none',
      organization: null,
      project: null,
      timeout: 1000 * patience,
      maxRetries: retries,
      logLevel: 'off',
    });
  }

  get name(): string {
    return this.endpoint.model;
  }

  async ask(messages: readonly ChatTurn[], options: ChatOptions): Promise<ChatReply> {
    const { signal, maxTokens } = options;
    const wanted = { temperature: 0, max_tokens: maxTokens };
    const kept = Object.entries(wanted).filter(([name]) => !this.refused.has(name as Optional));
    try {
      const request = { model: this.endpoint.model, messages: [...messages], ...Object.fromEntries(kept) };
      // The package never lets go of a signal, and this one lasts as long as the run.
      const own = AbortSignal.any([signal]);
      const { choices, usage } = await this.client.chat.completions.create(request, { signal: own });
      // Servers are not always what they say.
      const text: unknown = choices?.[0]?.message?.content;
      if (typeof text !== 'string') throw new SilentError('the reply holds no text');
      const tokens = usage?.total_tokens ?? estimateTokens(...messages.map(({ content }) => content), text);
      return { text, tokens, finish: choices[0].finish_reason === 'length' ? 'length' : 'stop' };
    } catch (error) {
      signal.throwIfAborted();
      const unwanted = this.unwanted(error);
      if (unwanted === undefined) throw this.explain(error);
      this.refused.add(unwanted);
      return this.ask(messages, options);
    }
  }

  private unwanted(error: unknown): Optional | undefined {
    if (!(error instanceof APIError) || error.status !== 400) return undefined;
    return (['temperature', 'max_tokens'] as const).find(
      (name) => !this.refused.has(name) && (error.param === name || error.message.includes(name)),
    );
  }

  private explain(error: unknown): Error {
    const { url, model, key } = this.endpoint;
    if (error instanceof APIConnectionError || error instanceof SilentError || !(error instanceof APIError)) {
      return new SilentError(error instanceof Error ? error.message : String(error));
    }
    switch (error.status) {
      case 401:
      case 403:
        return new UserError(`${url} refuses the key: ${error.message}`, key.next);
      case 404:
        return new UserError(
          `${url} has no model ${model}: ${error.message}`,
          'Name one that it has; its address ends in /v1.',
        );
      case 400:
      case 422:
        return new RefusedQuestionError(
          `${url} refuses the question: ${error.message}`,
          'Choose another model, or smaller piles of text.',
        );
      default:
        return new SilentError(error.message);
    }
  }
}
