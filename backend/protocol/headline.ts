/** The first figure of an evaluation, by its kind. */
import { formatFixed, formatNumber, formatPerplexity } from '../base/format';
import type { EvaluationTable, EvaluationTables } from './evaluation-tables';
import { overSeeds, sweepFigures } from './sweep-figures';

export interface Headline {
  readonly figure: 'perplexity' | 'accuracy' | 'fitness' | 'nmi';
  readonly value: number;
  /** The value as people read it, and what it is of. */
  readonly text: string;
  readonly words: string;
  /** How it stands to something else, with its 95 % interval or what seeds span. */
  readonly difference?: {
    readonly words: string;
    readonly value: number;
    readonly lo: number;
    readonly hi: number;
    /** What counts as none. */
    readonly reference?: number;
  };
}

type Kinds = {
  readonly [K in keyof EvaluationTables]: (table: EvaluationTables[K]) => Omit<Headline, 'text'> | undefined;
};

const kinds: Kinds = {
  // The last row is the mixture, or equal weights.
  perplexity: ({ systems }) => {
    const [base, last] = [systems.at(0), systems.at(-1)];
    if (base === undefined || last === undefined || base === last) return undefined;
    const { deltaNats: value, lo, hi } = last.difference;
    const words = `nats per token from ${base.name}, whose perplexity is ${formatPerplexity(base.macro)}`;
    return {
      figure: 'perplexity',
      value: last.macro,
      words: `perplexity of ${last.name}`,
      difference: { words, value, lo, hi, reference: 0 },
    };
  },
  comparison: ({ systems, perplexity, comparisons }) => {
    const main = systems.find(({ role }) => role === 'main');
    if (main === undefined || !Object.hasOwn(perplexity, main.id)) return undefined;
    const bar = systems.find(({ role }) => role === 'bar') ?? systems.find(({ role }) => role === 'untrained');
    const found = comparisons.find(({ a, b }) => a === main.id && b === bar?.id);
    const { macro } = perplexity[main.id];
    const headline = { figure: 'perplexity', value: macro, words: `perplexity of ${main.label}` } as const;
    if (bar === undefined || found === undefined) return headline;
    const { deltaNats: value, lo, hi } = found;
    return { ...headline, difference: { words: `nats per token from ${bar.label}`, value, lo, hi, reference: 0 } };
  },
  exam: ({ rows, questions, free }) => {
    const first = rows.at(0);
    if (first === undefined) return undefined;
    const { value, lo, hi } = first.accuracy;
    const what = free === true ? 'F1 of the words' : 'share of right answers';
    const words = `${what}, on ${formatNumber(questions, 'question')}`;
    return { figure: 'accuracy', value, words: `${what} of ${first.name}`, difference: { words, value, lo, hi } };
  },
  evolution: ({ candidates, best, questions }) => {
    const [first, found] = [candidates.at(0), candidates.find(({ number }) => number === best)];
    if (first === undefined || found === undefined) return undefined;
    const from = `it began with ${formatFixed(first.scores.fitness)}`;
    return {
      figure: 'fitness',
      value: found.scores.fitness,
      words: `fitness of the best candidate on ${formatNumber(questions, 'held-out question')}; ${from}`,
    };
  },
  sweep: ({ lines }) => {
    const found = lines.flatMap((line) => {
      const nmi = overSeeds(line, sweepFigures.nmi);
      return nmi === undefined ? [] : [{ name: line.name, ...nmi }];
    });
    const best = found.sort((a, b) => b.mean - a.mean).at(0);
    if (best === undefined) return undefined;
    const { name, mean, least, largest } = best;
    const words = 'NMI, the least and the largest of its seeds';
    return {
      figure: 'nmi',
      value: mean,
      words: `NMI of ${name}, the best of ${formatNumber(lines.length, 'combination')}`,
      difference: { words, value: mean, lo: least, hi: largest },
    };
  },
};

export function headlineOf<K extends keyof EvaluationTables>({
  kind,
  table,
}: EvaluationTable<K>): Headline | undefined {
  const found = kinds[kind](table);
  if (found === undefined) return undefined;
  const { figure, value } = found;
  return { ...found, text: figure === 'perplexity' ? formatPerplexity(value) : formatFixed(value) };
}
