import { UserError } from '../../base/errors';
import type { ChatMessage } from '../../protocol/messages';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { renderJinja } from './jinja';
import { plainStop, renderPlain } from './plain';
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

  /** Throws UserError where the template refuses the conversation or cannot be used. */
  opening(messages: readonly ChatMessage[]): Opening {
    const { tokenizer, template } = this;
    if (template === undefined) {
      const tokens = tokenizer.encode(renderPlain(messages));
      return { tokens, endTokens: tokenizer.endTokens, stop: [plainStop], droppedSpaces: Infinity };
    }
    const quoted = messages.map((message) => ({ ...message, content: tokenizer.quote(message.content) }));
    const tokens = Int32Array.from(tokenizer.tokens(this.render(template, quoted), { controls: true }));
    const endTokens = new Set([...tokenizer.endTokens, ...this.endOfTurn(template)]);
    return { tokens, endTokens, stop: [], droppedSpaces: tokenizer.droppedSpaces };
  }

  /** The text that the template makes of a conversation, with the beginning of an answer or without. */
  private render(template: string, messages: readonly ChatMessage[], answers = true): string {
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
