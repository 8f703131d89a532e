import { UserError } from '../../base/errors';
import type { ChatMessage } from '../../protocol/answers';
import type { Turn } from '../../protocol/records';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { renderJinja } from './jinja/render';
import { plainAnswer, plainStop, renderPlain, renderTurns } from './plain';
import { readTemplate } from './source';

/** A conversation as the model reads it, and where its answer ends. */
export interface Opening {
  /** What the model goes on with. */
  readonly tokens: Int32Array;
  readonly endTokens: ReadonlySet<number>;
  readonly stop: readonly string[];
  /** How many spaces, at most, at the beginning of the answer are no part of it; Infinity stands for any white space. */
  readonly droppedSpaces: number;
}

/** How a model is spoken with: by its own chat template, or by a plain format where it has none. */
export class Chat {
  private constructor(
    private readonly tokenizer: Tokenizer,
    /** Jinja; undefined for a model that was never trained to chat. */
    private readonly template: string | undefined,
  ) {}

  static async open(folder: string, tokenizer: Tokenizer): Promise<Chat> {
    return new Chat(tokenizer, await readTemplate(folder, tokenizer.settings));
  }

  /** Whether the model was trained to chat. */
  get hasTemplate(): boolean {
    return this.template !== undefined;
  }

  /** Throws UserError where the template refuses the conversation or cannot be used. */
  opening(messages: readonly ChatMessage[]): Opening {
    const { tokenizer, template } = this;
    if (template === undefined) {
      const tokens = tokenizer.prompt(renderPlain(messages));
      return { tokens, endTokens: tokenizer.endTokens, stop: [plainStop], droppedSpaces: Infinity };
    }
    const quoted = messages.map((message) => ({ ...message, content: tokenizer.quote(message.content) }));
    const tokens = Int32Array.from(tokenizer.tokens(this.render(template, quoted), { controls: true }));
    const endTokens = new Set([...tokenizer.endTokens, ...this.endOfTurn(template)]);
    return { tokens, endTokens, stop: [], droppedSpaces: tokenizer.droppedSpaces };
  }

  /**
   * A whole conversation to learn from, and which of its tokens the model has to say: the assistant's turns with what ends them. Where the
   * template writes an earlier answer in another way once the conversation goes on, that answer is only read. Throws UserError where the
   * template refuses the conversation.
   */
  conversation(turns: readonly Turn[]): { readonly tokens: Int32Array; readonly answers: Uint8Array } {
    const tokens = this.tokensOfTurns(turns, false);
    const answers = new Uint8Array(tokens.length);
    turns.forEach(({ role }, i) => {
      if (role !== 'assistant') return;
      const before = this.tokensOfTurns(turns.slice(0, i), true);
      const from = commonLength(tokens, before);
      if (from < before.length - tokensAtBorder) return;
      answers.fill(1, from, commonLength(tokens, this.tokensOfTurns(turns.slice(0, i + 1), false)));
    });
    return { tokens, answers };
  }

  /** A conversation with the beginning of an answer or without. */
  private tokensOfTurns(turns: readonly Turn[], answers: boolean): Int32Array {
    const { tokenizer, template } = this;
    if (template === undefined) {
      const text = [renderTurns(turns), ...(answers ? [plainAnswer] : [])].filter(Boolean).join('\n\n');
      return tokenizer.encode(text);
    }
    const quoted = turns.map(({ role, content }) => ({ role, content: tokenizer.quote(content) }));
    return Int32Array.from(tokenizer.tokens(this.render(template, quoted, answers), { controls: true }));
  }

  /** The text that the template makes of a conversation, with the beginning of an answer or without. */
  private render(template: string, messages: readonly Turn[], answers = true): string {
    // Templates were written before there were developers.
    const known = messages.map(({ role, ...rest }) => ({ ...rest, role: role === 'developer' ? 'system' : role }));
    const variables = { messages: known, tools: null, documents: null, add_generation_prompt: answers };
    const { bos_token, eos_token, unk_token, pad_token } = this.tokenizer.settings;
    const named = Object.entries({ bos_token, eos_token, unk_token, pad_token }).filter(([, name]) => name != null);
    return renderJinja(template, { ...Object.fromEntries(named), ...variables });
  }

  /** The first special token that the template writes after an answer: configurations do not always name it. */
  private endOfTurn(template: string): number[] {
    const answer = 'Answer';
    const conversation: ChatMessage[] = [
      { role: 'user', content: 'Question' },
      { role: 'assistant', content: answer },
    ];
    let text: string;
    try {
      text = this.render(template, conversation, false);
    } catch (error) {
      // The conversation that matters may suit it all the same.
      if (error instanceof UserError) return [];
      throw error;
    }
    const after = text.slice(text.lastIndexOf(answer) + answer.length);
    const end = this.tokenizer
      .tokens(after, { controls: true })
      .find((token) => this.tokenizer.specialTokens.has(token));
    return end === undefined ? [] : [end];
  }
}

/** Tokens at the end of what stands before an answer that may join with its beginning. */
const tokensAtBorder = 2;

/** How many tokens two sequences have in common at their beginning. */
function commonLength(one: Int32Array, other: Int32Array): number {
  const differing = one.findIndex((token, i) => token !== other[i]);
  return differing < 0 ? Math.min(one.length, other.length) : differing;
}
