/** Prompts that experts of one model read one after the other: what a prompt has in common with the one before is read once. */
import { Decoder, type NextToken } from '../model/decoding/decoder';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';

/** Who stands behind the last token of a prompt, and what comes after it. */
export interface AfterPrompt {
  readonly decoder: Decoder;
  readonly next: NextToken;
}

interface Reading {
  readonly decoder: Decoder;
  /** What it has read. */
  tokens: Int32Array;
}

/** Each stack reads for itself, one prompt after the other. Call `dispose` when done. */
export class PromptReader {
  private readonly readings = new Map<ExpertStack | undefined, Reading>();

  constructor(private readonly model: LanguageModel) {}

  /**
   * Reads a prompt [T] under a stack, or under the model alone. Only tokens are shared, so it does not matter where a text is cut into
   * them, and the last one is read anew, for what comes after it. The decoder stays this reader's, and may not go on but to forget.
   */
  async read(stack: ExpertStack | undefined, prompt: Int32Array): Promise<AfterPrompt> {
    const reading = this.readings.get(stack) ?? {
      decoder: await Decoder.create(this.model, stack),
      tokens: new Int32Array(),
    };
    this.readings.set(stack, reading);
    const { decoder } = reading;
    const shared = Math.min(commonStart(reading.tokens, prompt), prompt.length - 1);
    await decoder.rewind(shared);
    reading.tokens = prompt.subarray(0, shared);
    const next = await decoder.read(prompt.subarray(shared));
    reading.tokens = prompt;
    return { decoder, next };
  }

  dispose(): void {
    for (const { decoder } of this.readings.values()) decoder.dispose();
    this.readings.clear();
  }
}

/** How many tokens two sequences have in common at their beginnings. */
function commonStart(a: Int32Array, b: Int32Array): number {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a[count] === b[count]) count++;
  return count;
}
