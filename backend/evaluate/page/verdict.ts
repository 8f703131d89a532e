import { type Comparison, type Report, type SplitMethod, type System, systemLabels } from '../../protocol/report';
import { formatDuration, formatFixed, formatNumeral, formatSigned } from '../../base/format';

export type Finding = 'better' | 'same' | 'worse';

/** One bar and whether it was cleared: "<subject> <verb of the outcome> <bar>". */
export interface Verdict {
  /** "The mixture of six experts". */
  readonly subject: string;
  readonly outcome: Finding;
  readonly bar: string;
  readonly figures: string;
}

export interface Summary {
  /** The result in one sentence; it says so when the bar was not cleared. */
  readonly headline: string;
  /** Verdicts on one subject stand together. */
  readonly verdicts: readonly Verdict[];
}

export const outcomeVerbs: Readonly<Record<Finding, string>> = {
  better: 'beats',
  same: 'does not beat',
  worse: 'is worse than',
};

/** The system the run is about: the mixture, or what comes nearest to it. */
export function mainSystem(report: Report): System | undefined {
  return (['mixture', 'em', 'unigram', 'kmeans', 'gold', 'random'] as const).find((name) => report.perplexity[name]);
}

/** The split the run is about. */
export function mainSplit(report: Report): SplitMethod | undefined {
  return (['em', 'unigram', 'kmeans', 'gold', 'random'] as const).find((name) => report.splits[name]);
}

/** The comparison of `a` with `b`, turned round where the report has it the other way. */
export function findComparison(report: Report, a: System, b: System): Comparison | undefined {
  const found = report.comparisons.find((c) => (c.a === a && c.b === b) || (c.a === b && c.b === a));
  if (!found || found.a === a) return found;
  return { ...found, a, b, deltaNats: -found.deltaNats, lo: -found.hi, hi: -found.lo };
}

/** Better or worse only where the whole interval is on one side of zero. */
export function outcomeOf({ lo, hi }: { readonly lo: number; readonly hi: number }): Finding {
  return hi < 0 ? 'better' : lo > 0 ? 'worse' : 'same';
}

const bars: readonly (readonly [System, string])[] = [
  ['monolithic', 'one model trained on all the data'],
  ['base', 'the base model, untouched'],
  ['random', 'experts on a random split'],
  ['kmeans', 'experts on k-means piles'],
  ['unigram', 'experts on unigram-EM piles'],
  ['em', 'the same experts, one chosen per document'],
  ['gold', 'experts on the gold domains, which were given the answers'],
];

function subject(report: Report, system: System): string {
  const experts = `${formatNumeral(report.budget.experts)} experts`;
  return system === 'mixture' ? `The mixture of ${experts}` : `The ${experts} of the split "${systemLabels[system]}"`;
}

function headline(report: Report, system: System | undefined): string {
  if (!system) return `${report.corpus.name} was split into ${formatNumeral(report.budget.experts)} piles.`;
  const bar = findComparison(report, system, 'monolithic');
  if (!bar) return `${subject(report, system)} was scored on unseen text, without one model on all the data to beat.`;
  const verb = system === 'mixture' ? 'predicts' : 'predict';
  const ending: Readonly<Record<Finding, string>> = {
    better: 'better than one model trained on all the data.',
    same: 'no better than one model trained on all the data: the difference is within the noise.',
    worse: 'worse than one model trained on all the data.',
  };
  return `${subject(report, system)} ${verb} unseen text ${ending[outcomeOf(bar)]}`;
}

function perplexityVerdicts(report: Report, system: System): Verdict[] {
  return bars.flatMap(([name, bar]) => {
    const comparison = name === system ? undefined : findComparison(report, system, name);
    if (!comparison) return [];
    const { deltaNats, lo, hi } = comparison;
    const figures = `${formatSigned(deltaNats)} nats per token (${formatSigned(lo)} to ${formatSigned(hi)})`;
    return [{ subject: subject(report, system), outcome: outcomeOf(comparison), bar, figures }];
  });
}

/** The perplexity split against the best cheap control; without an interval, a gap below 0.01 NMI counts as none. */
function splitVerdict({ splits }: Report): Verdict[] {
  const em = splits.em;
  const [control] = (['unigram', 'kmeans'] as const)
    .flatMap((name) => {
      const split = splits[name];
      return split?.nmi === undefined ? [] : [{ name, nmi: split.nmi, seconds: split.seconds }];
    })
    .sort((a, b) => b.nmi - a.nmi);
  if (em?.nmi === undefined || !control) return [];
  const gap = em.nmi - control.nmi;
  const label = control.name === 'unigram' ? 'unigram EM' : 'k-means';
  return [
    {
      subject: 'The split by perplexity EM',
      outcome: gap > 0.01 ? 'better' : gap < -0.01 ? 'worse' : 'same',
      bar: `${label}, the best cheap split, at finding the gold domains`,
      figures: `NMI ${formatFixed(em.nmi, 2)} in ${formatDuration(em.seconds)}, against ${formatFixed(control.nmi, 2)} in ${formatDuration(control.seconds)}`,
    },
  ];
}

/** The result of a run in plain text: one sentence, then each bar with its outcome and figures. */
export function summarise(report: Report): Summary {
  const system = mainSystem(report);
  return {
    headline: headline(report, system),
    verdicts: [...(system ? perplexityVerdicts(report, system) : []), ...splitVerdict(report)],
  };
}
