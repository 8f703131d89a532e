/** What a report tells in words, for its page and the terminal alike. */
import { formatPercent } from '../../base/format';
import type { Report, SplitReport } from '../../protocol/report';
import { barOf, findComparison, mainSplit, mainSystem, outcomeOf } from './verdict';

export interface ToldPile {
  /** Number of the pile, which gives its letter. */
  readonly number: number;
  readonly name: string;
  readonly size: number;
  /** Of the training documents. */
  readonly share: number;
  readonly terms: readonly string[];
  /** "press 94 %, fiction 5 %": the domains that it consists of, those below a twentieth left out; empty where there are none. */
  readonly domains: string;
}

/** The piles of the main split that have documents. */
export function toldPiles(report: Report): ToldPile[] {
  const id = mainSplit(report);
  if (id === undefined) return [];
  const { piles, contingency } = report.splits[id];
  const total = piles.reduce((sum, { size }) => sum + size, 0);
  const told = piles.map(({ name, size, terms }, number): ToldPile => {
    return { number, name, size, share: size / total, terms, domains: domainsOf(contingency, number, size) };
  });
  return told.filter(({ size }) => size > 0);
}

function domainsOf(contingency: SplitReport['contingency'], pile: number, size: number): string {
  if (contingency === undefined) return '';
  const found = contingency.domains.map((domain, i) => ({ domain, share: contingency.counts[pile][i] / size }));
  const large = found.filter(({ share }) => share >= 0.05).sort((a, b) => b.share - a.share);
  return large.map(({ domain, share }) => `${domain} ${formatPercent(share)}`).join(', ');
}

export interface NextStep {
  readonly command: string;
  readonly why: string;
}

/** What to do after this report, the most useful first. */
export function nextSteps(report: Report): NextStep[] {
  const { corpus, budget, splits } = report;
  const main = mainSystem(report);
  const bar = barOf(report);
  const found = main && bar && findComparison(report, main.id, bar.id);
  const more = {
    command: `… --tokens ${3 * budget.tokensPerSystem} --documents ${3 * corpus.documents.train}`,
    why: 'the same command with three times the training: few tokens teach experts little',
  };
  const beaten = found === undefined || outcomeOf(found) === 'better';
  return [
    ...(beaten ? [] : [more]),
    { command: 'npx polymath ask "Once upon a time"', why: 'the mixture goes on from your words, coloured by expert' },
    { command: 'npx polymath piles', why: 'what lies in the piles' },
    { command: 'npm start -- --data texts.jsonl --k 4', why: 'all of this with your own texts' },
    ...(beaten ? [more] : []),
    ...(Object.hasOwn(splits, 'unigram')
      ? []
      : [{ command: '… --controls all', why: 'the same command with every control, which takes longer' }]),
  ];
}
