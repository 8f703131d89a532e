import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { UserError } from '../../base/errors';
import type { Component } from './definition';

/** Cuts a section of a text into the pieces that no token crosses. `first`: whether the section begins the text. */
type Step = (text: string, first: boolean) => string[];

export interface PreTokenizer {
  readonly cut: (text: string, first: boolean) => string[];
  /** Whether pieces are then read as bytes. */
  readonly byteLevel: boolean;
}

const byteLevel = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.boolean().default(true),
  use_regex: z.boolean().default(true),
});
const digits = z.object({ type: z.literal('Digits'), individual_digits: z.boolean().default(false) });
const metaspace = z.object({
  type: z.literal('Metaspace'),
  replacement: z.string().default('▁'),
  prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
  split: z.boolean().default(true),
});
const behaviours = ['Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
type Behaviour = (typeof behaviours)[number];
const split = z.object({
  type: z.literal('Split'),
  pattern: z.union([z.strictObject({ Regex: z.string() }), z.strictObject({ String: z.string() })]),
  behavior: z.enum(behaviours),
  invert: z.boolean().default(false),
});
const sequence = z.object({ type: z.literal('Sequence'), pretokenizers: z.array(z.looseObject({ type: z.string() })) });
const supported = z.discriminatedUnion('type', [byteLevel, digits, metaspace, split, sequence]);

/** Throws UserError for one that is not supported. */
export function createPreTokenizer(component: Component | null | undefined): PreTokenizer {
  const steps: Step[] = [];
  let endsInBytes = false;
  const add = (one: Component): void => {
    const parsed = supported.safeParse(one);
    if (!parsed.success || endsInBytes) throw unsupported(one.type);
    const settings = parsed.data;
    if (settings.type === 'Sequence') settings.pretokenizers.forEach(add);
    else steps.push(step(settings));
    if (settings.type === 'ByteLevel') endsInBytes = true;
  };
  if (component != null) add(component);
  const cut: Step = (text, first) =>
    steps.reduce((pieces, next) => pieces.flatMap((piece, i) => next(piece, first && i === 0)), [text]);
  return { cut, byteLevel: endsInBytes };
}

function unsupported(type: string): UserError {
  return new UserError(
    `The model's tokenizer cuts texts by ${type}, which is not supported here.`,
    'Use another model.',
  );
}

/** GPT-2's pieces: contractions, words, numbers and signs, each with the space before it; other white space. */
const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

function step(settings: Exclude<z.output<typeof supported>, { type: 'Sequence' }>): Step {
  switch (settings.type) {
    case 'Split':
      return splitting(settings.pattern, settings.behavior, settings.invert);
    case 'Digits':
      // All that is numeric, not ASCII's digits alone as the library's own class has it.
      return splitting({ Regex: String.raw`\p{N}` }, settings.individual_digits ? 'Isolated' : 'Contiguous');
    case 'ByteLevel': {
      const pieces = settings.use_regex ? splitting({ Regex: gpt2 }, 'Isolated') : undefined;
      return (text) => {
        const whole = settings.add_prefix_space && !text.startsWith(' ') ? ` ${text}` : text;
        return pieces?.(whole, false) ?? [whole];
      };
    }
    case 'Metaspace':
      return marking(settings);
  }
}

function marking({ replacement, prepend_scheme: scheme, split: cuts }: z.output<typeof metaspace>): Step {
  const words = splitting({ String: replacement }, 'MergedWithNext');
  return (text, first) => {
    const marked = text.replaceAll(' ', replacement);
    const begins = scheme === 'always' || (scheme === 'first' && first);
    const whole = begins && !marked.startsWith(replacement) ? replacement + marked : marked;
    return cuts ? words(whole, first) : [whole];
  };
}

type Pattern = z.output<typeof split>['pattern'];

/** Cuts where a pattern matches. The library turns Oniguruma's regular expressions into those of JavaScript. */
function splitting(pattern: Pattern, behaviour: Behaviour, invert = false): Step {
  const { pattern: expression } = new SplitPreTokenizer({ type: 'Split', pattern, behavior: behaviour, invert: true });
  if (expression === null) throw unsupported('an unknown pattern');
  return (text) => {
    if (behaviour === 'Isolated' && !invert) {
      // Most patterns match all of a text: then its pieces are the matches.
      const matches = text.match(expression) ?? [];
      const length = matches.reduce((total, match) => total + match.length, 0);
      if (length === text.length) return matches.filter((match) => match !== '');
    }
    return joined(partsOf(text, expression, invert), behaviour);
  };
}

interface Part {
  text: string;
  readonly matches: boolean;
}

function partsOf(text: string, expression: RegExp, invert: boolean): Part[] {
  const parts: Part[] = [];
  const add = (from: number, to: number, matches: boolean): void => {
    if (to > from) parts.push({ text: text.slice(from, to), matches: matches !== invert });
  };
  let end = 0;
  for (const { 0: found, index } of text.matchAll(expression)) {
    add(end, index, false);
    end = index + found.length;
    add(index, end, true);
  }
  add(end, text.length, false);
  return parts;
}

function joined(parts: readonly Part[], behaviour: Behaviour): string[] {
  if (behaviour === 'Removed') return parts.filter(({ matches }) => !matches).map(({ text }) => text);
  const joins = (one: Part, other: Part): boolean => {
    if (behaviour === 'Contiguous') return one.matches === other.matches;
    if (behaviour === 'MergedWithPrevious') return !one.matches && other.matches;
    return behaviour === 'MergedWithNext' && one.matches && !other.matches;
  };
  const pieces: string[] = [];
  for (const [i, part] of parts.entries()) {
    if (i > 0 && joins(parts[i - 1], part)) pieces[pieces.length - 1] += part.text;
    else pieces.push(part.text);
  }
  return pieces;
}
