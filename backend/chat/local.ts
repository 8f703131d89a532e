import { formatCount, formatNumber } from '../base/format';
import { Decoder } from '../model/decoding/decoder';
import { generate, speakerOf } from '../model/decoding/generate';
import type { LanguageModel } from '../model/language-model';
import { type ChatTurn, type ChatModel, type ChatOptions, type ChatReply, LongQuestionError } from './chat-model';

/** A model on this machine, spoken with by its own chat template. */
export class LocalChatModel implements ChatModel {
  constructor(private readonly model: LanguageModel) {}

  get name(): string {
    return this.model.name;
  }

  async ask(messages: readonly ChatTurn[], { maxTokens, signal }: ChatOptions): Promise<ChatReply> {
    const { model } = this;
    const { tokens, endTokens, stop } = model.chat.opening(messages);
    if (tokens.length + maxTokens > model.config.maxPositions) {
      throw new LongQuestionError(
        `A question of ${formatNumber(tokens.length, 'token')} and an answer of up to ${formatCount(maxTokens)} are more than the ${formatNumber(model.config.maxPositions, 'token')} that ${model.name} reads.`,
        'Choose a guide with a longer context, or one that goes by likelihood.',
      );
    }
    const coder = { bytesOf: (id: number) => model.tokenizer.bytesOf(id), endTokens };
    const settings = { maxTokens, stop, seed: 1, temperature: 0, topP: 1 };
    const speaker = speakerOf(await Decoder.create(model));
    let [text, count] = ['', 0];
    let finish: ChatReply['finish'] = 'length';
    try {
      for await (const token of generate(speaker, coder, tokens, settings)) {
        signal.throwIfAborted();
        text += token.text;
        count++;
        finish = token.finish ?? finish;
        // The runtime blocks the event loop during a step.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      speaker.dispose();
    }
    return { text: text.trim(), tokens: tokens.length + count, finish };
  }
}
