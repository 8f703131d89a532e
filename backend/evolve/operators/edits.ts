/** Operators that need no model: they swap, drop, add and exchange phrases, as GrIPS does (Prasad et al. 2023, 2203.07281). */
import type { Random } from '../../base/random';
import type { Operators, Subject } from './operators';
import { textOf, phrasesOf } from './phrases';
import { otherWords } from './synonyms';

/** Phrases of a text at most: longer ones lose some when they grow. */
const mostPhrases = 24;

export class Edits implements Operators {
  readonly name = 'edits of phrases';

  constructor(private readonly random: Random) {}

  cross(a: string, b: string, subject: Subject): Promise<string> {
    return Promise.resolve(this.mutated(this.mixed(phrasesOf(a), phrasesOf(b)), subject));
  }

  differ({ a, b, best, base }: Parameters<Operators['differ']>[0], subject: Subject): Promise<string> {
    const [ofA, ofB] = [phrasesOf(a), phrasesOf(b)];
    const differing = [...ofA.filter((one) => !ofB.includes(one)), ...ofB.filter((one) => !ofA.includes(one))];
    const changed = differing.map((phrase) => (this.random.uniform() < 0.5 ? phrase : otherWords(phrase, this.random)));
    const combined = unique([...phrasesOf(best), ...this.random.shuffle(changed).slice(0, 2)]);
    return Promise.resolve(this.mutated(this.mixed(combined, phrasesOf(base)), subject));
  }

  rephrase(text: string): Promise<string> {
    const phrases = phrasesOf(text).map((phrase) => otherWords(phrase, this.random));
    return Promise.resolve(textOf(this.random.uniform() < 0.3 ? this.swapped(phrases) : phrases));
  }

  continue(text: string, _: number, subject: Subject): Promise<string> {
    const phrases = phrasesOf(text);
    const kept = phrases.slice(0, Math.max(1, phrases.length - this.random.below(2)));
    return Promise.resolve(textOf(limited([...kept, ...this.added(subject)])));
  }

  refill(text: string, _: number, subject: Subject): Promise<string> {
    const phrases = phrasesOf(text);
    if (phrases.length === 0) return Promise.resolve(textOf(this.added(subject)));
    const at = this.random.below(phrases.length);
    const filled = [...phrases.slice(0, at), ...this.added(subject), ...phrases.slice(at + 1)];
    return Promise.resolve(textOf(unique(filled)));
  }

  /** From each place a phrase of one or of the other; what both have stands once. */
  private mixed(a: readonly string[], b: readonly string[]): string[] {
    const length = Math.max(a.length, b.length);
    const taken = Array.from({ length }, (_, i) => (this.random.uniform() < 0.5 ? a[i] : b[i]));
    return unique(taken.filter((phrase) => phrase !== undefined));
  }

  private mutated(phrases: readonly string[], subject: Subject): string {
    const edits = [
      () => this.swapped(phrases),
      () => without(phrases, this.random),
      () => [...phrases, ...this.added(subject)],
      () => phrases.map((phrase) => (this.random.uniform() < 0.5 ? otherWords(phrase, this.random) : phrase)),
    ];
    return textOf(limited(unique(edits[this.random.below(edits.length)]())));
  }

  private swapped(phrases: readonly string[]): string[] {
    const result = [...phrases];
    if (result.length < 2) return result;
    const [i, j] = [this.random.below(result.length), this.random.below(result.length)];
    [result[i], result[j]] = [result[j], result[i]];
    return result;
  }

  /** A phrase about a term; none where there is no term. */
  private added({ terms }: Subject): string[] {
    if (terms.length === 0) return [];
    return [`Think of ${terms[this.random.below(terms.length)]}.`];
  }
}

function without(phrases: readonly string[], random: Random): string[] {
  const at = random.below(Math.max(1, phrases.length));
  return phrases.length < 2 ? [...phrases] : phrases.filter((_, i) => i !== at);
}

const limited = (phrases: readonly string[]): string[] => phrases.slice(0, mostPhrases);
const unique = (phrases: readonly string[]): string[] => [...new Set(phrases)];
