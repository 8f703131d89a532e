import { z } from 'zod';
import { UserError } from '../../base/errors';
import { byteLetters } from './bytes';
import type { Component } from './definition';

/** How a decoder makes text of tokens. */
export interface TokenBytes {
  /** The bytes, in UTF-8, that a token of the vocabulary stands for. */
  readonly of: (token: string) => Uint8Array;
  /** How many spaces are dropped where a text begins. */
  readonly droppedSpaces: number;
}

const supported = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ByteLevel') }),
  z.object({ type: z.literal('ByteFallback') }),
  z.object({ type: z.literal('Fuse') }),
  z.object({ type: z.literal('Metaspace'), replacement: z.string().default('▁') }),
  z.object({ type: z.literal('Replace'), pattern: z.strictObject({ String: z.string() }), content: z.string() }),
  z.object({
    type: z.literal('Strip'),
    content: z.literal(' '),
    start: z.int().nonnegative(),
    stop: z.literal(0),
  }),
  z.object({ type: z.literal('Sequence'), decoders: z.array(z.looseObject({ type: z.string() })) }),
]);

const byteOfLetter = new Map(byteLetters.map((letter, byte) => [letter, byte]));
const byteNamed = /^<0x([0-9A-Fa-f]{2})>$/u;

/**
 * Reads a decoder as what each token stands for by itself, so that a text can be decoded while it grows. The library's decoders
 * work on whole texts, and its byte fallback loses a byte order mark. Throws UserError for a decoder that is not supported.
 */
export function createTokenBytes(component: Component | null | undefined): TokenBytes {
  const replacements: ((text: string) => string)[] = [];
  let byteLevel = false;
  let byteFallback = false;
  let droppedSpaces = 0;
  const add = (one: Component): void => {
    const parsed = supported.safeParse(one);
    if (!parsed.success) {
      const message = `The model's tokenizer makes text by ${one.type}, which is not supported here.`;
      throw new UserError(message, 'Use another model.');
    }
    const settings = parsed.data;
    if (settings.type === 'Sequence') settings.decoders.forEach(add);
    if (settings.type === 'ByteLevel') byteLevel = true;
    if (settings.type === 'ByteFallback') byteFallback = true;
    if (settings.type === 'Strip') droppedSpaces = settings.start;
    if (settings.type === 'Replace') {
      replacements.push((text) => text.replaceAll(settings.pattern.String, settings.content));
    }
    if (settings.type === 'Metaspace') {
      replacements.push((text) => text.replaceAll(settings.replacement, ' '));
      droppedSpaces = 1;
    }
  };
  if (component != null) add(component);
  const ofText = (token: string): Uint8Array => {
    const byte = byteFallback ? byteNamed.exec(token)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    return Buffer.from(replacements.reduce((text, replace) => replace(text), token));
  };
  const ofLetters = (token: string): Uint8Array => {
    const bytes = Array.from(token, (letter) => byteOfLetter.get(letter));
    return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : Buffer.from(token);
  };
  return { of: byteLevel ? ofLetters : ofText, droppedSpaces };
}
