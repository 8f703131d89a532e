import type { Comparison, Report, SystemReport } from '../../protocol/report';
import {
  formatCount,
  formatDuration,
  formatFixed,
  formatNumber,
  formatNumeral,
  formatPerplexity,
  formatSigned,
} from '../../base/format';

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
  /** By how much, in one more, where there is a bar. */
  readonly gain?: string;
  /** Verdicts on one subject stand together. */
  readonly verdicts: readonly Verdict[];
}

export const outcomeVerbs: Readonly<Record<Finding, string>> = {
  better: 'beats',
  same: 'does not beat',
  worse: 'is worse than',
};

/** The systems that were scored, in their order. */
export function scoredSystems({ systems, perplexity }: Report): SystemReport[] {
  return systems.filter(({ id }) => Object.hasOwn(perplexity, id));
}

/** The system that the run is about, or the last one with experts that comes nearest to it. */
export function mainSystem(report: Report): SystemReport | undefined {
  const scored = scoredSystems(report);
  const experts = scored.filter(({ split, role }) => split !== undefined && role !== 'answers');
  return scored.find(({ role }) => role === 'main') ?? experts.at(-1);
}

/** The id of the split that the run is about, or of what comes nearest to it. */
export function mainSplit({ splits }: Report): string | undefined {
  const ids = Object.keys(splits);
  return ids.find((id) => splits[id].role === 'main') ?? ids.findLast((id) => splits[id].role === 'control') ?? ids[0];
}

/** The comparison of `a` with `b`, turned round where the report has it the other way. */
export function findComparison(report: Report, a: string, b: string): Comparison | undefined {
  const found = report.comparisons.find((c) => (c.a === a && c.b === b) || (c.a === b && c.b === a));
  if (!found || found.a === a) return found;
  return { ...found, a, b, deltaNats: -found.deltaNats, lo: -found.hi, hi: -found.lo };
}

/** Better or worse only where the whole interval is on one side of zero. */
export function outcomeOf({ lo, hi }: { readonly lo: number; readonly hi: number }): Finding {
  return hi < 0 ? 'better' : lo > 0 ? 'worse' : 'same';
}

/** Where one expert speaks at a time there is no mixture. */
const speaksAlone = ({ cooperation }: SystemReport): boolean => cooperation === 'best-single';

function subject(report: Report, system: SystemReport): string {
  const experts = `${formatNumeral(report.budget.experts)} experts`;
  if (!speaksAlone(system)) return `The mixture of ${experts}`;
  return `The ${experts} of the split "${report.splits[system.split ?? '']?.label ?? system.label}"`;
}

/** What the main system has to beat. */
export function barOf({ systems }: Report): SystemReport | undefined {
  return systems.find(({ role }) => role === 'bar');
}

function headline(report: Report, system: SystemReport | undefined): string {
  if (!system) return `${report.corpus.name} was split into ${formatNumeral(report.budget.experts)} piles.`;
  const bar = barOf(report);
  const comparison = bar && findComparison(report, system.id, bar.id);
  if (!comparison)
    return `${subject(report, system)} was scored on unseen text, without one model on all the data to beat.`;
  const verb = speaksAlone(system) ? 'predict' : 'predicts';
  const ending: Readonly<Record<Finding, string>> = {
    better: `better than ${bar.phrase}.`,
    same: `no better than ${bar.phrase}: the difference is within the noise.`,
    worse: `worse than ${bar.phrase}.`,
  };
  return `${subject(report, system)} ${verb} unseen text ${ending[outcomeOf(comparison)]}`;
}

/** "Perplexity 65.3 against 69.9 on 60 test documents: −0.068 nats per token, …": of the main system and of its bar. */
function gain(
  { perplexity, corpus, budget }: Report,
  main: SystemReport,
  bar: SystemReport,
  found: Comparison,
): string {
  const [own, other] = [main, bar].map(({ id }) => formatPerplexity(perplexity[id].macro));
  const [by, lo, hi] = [found.deltaNats, found.lo, found.hi].map((nats) => formatSigned(nats));
  return (
    `Perplexity ${own} against ${other} on ${formatNumber(corpus.documents.test, 'test document')}: ${by} nats per token ` +
    `(95\u00a0% interval ${lo} to ${hi}), after ${formatCount(budget.tokensPerSystem)} training tokens ${budget.matched === 'expert' ? 'of each expert and of the other' : 'each'}.`
  );
}

/** The bar first, then the others in their order, and each expert alone. */
function perplexityVerdicts(report: Report, main: SystemReport): Verdict[] {
  const others = report.systems.filter(({ id }) => id !== main.id);
  const bars = [...others.filter(({ role }) => role === 'bar'), ...others.filter(({ role }) => role !== 'bar')];
  const alone = report.mixer?.overBestSingle;
  const verdict = (bar: string, found: Pick<Comparison, 'deltaNats' | 'lo' | 'hi'>): Verdict => ({
    subject: subject(report, main),
    outcome: outcomeOf(found),
    bar,
    figures: `${formatSigned(found.deltaNats)} nats per token (${formatSigned(found.lo)} to ${formatSigned(found.hi)})`,
  });
  return [
    ...bars.flatMap(({ id, phrase }) => {
      const found = findComparison(report, main.id, id);
      return found ? [verdict(phrase, found)] : [];
    }),
    ...(alone ? [verdict('the best of its experts alone', alone)] : []),
  ];
}

/** The main split against the best cheap control; without an interval, a gap below 0.01 NMI counts as none. */
function splitVerdict({ splits }: Report): Verdict[] {
  const named = Object.values(splits);
  const main = named.find(({ role }) => role === 'main');
  const [control] = named
    .flatMap(({ role, label, nmi, seconds }) =>
      role === 'control' && nmi !== undefined ? [{ label, nmi, seconds }] : [],
    )
    .sort((a, b) => b.nmi - a.nmi);
  if (main?.nmi === undefined || !control) return [];
  const gap = main.nmi - control.nmi;
  return [
    {
      subject: `The split by ${inSentence(main.label)}`,
      outcome: gap > 0.01 ? 'better' : gap < -0.01 ? 'worse' : 'same',
      bar: `${inSentence(control.label)}, the best cheap split, at finding the gold domains`,
      figures: `NMI ${formatFixed(main.nmi, 2)} in ${formatDuration(main.seconds)}, against ${formatFixed(control.nmi, 2)} in ${formatDuration(control.seconds)}`,
    },
  ];
}

/** A label within a sentence. */
const inSentence = (label: string): string => label.charAt(0).toLowerCase() + label.slice(1);

/** The result of a run in plain text: one sentence, then each bar with its outcome and figures. */
export function summarise(report: Report): Summary {
  const system = mainSystem(report);
  const bar = barOf(report);
  const found = system && bar && findComparison(report, system.id, bar.id);
  return {
    headline: headline(report, system),
    ...(found && { gain: gain(report, system, bar, found) }),
    verdicts: [...(system ? perplexityVerdicts(report, system) : []), ...splitVerdict(report)],
  };
}
