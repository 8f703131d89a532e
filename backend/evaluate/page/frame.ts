import type { Report } from '../../protocol/report';
import { formatCount, formatDuration, formatList, formatNumber, formatNumeral, formatShort } from '../../base/format';
import { type Html, html } from './html';
import { quoted } from './marks';
import { nextSteps } from './told';
import { type Summary, type Verdict, outcomeVerbs } from './verdict';

/** Every bar with its outcome, under what is measured against it. */
export function verdictSection({ verdicts }: Summary): Html {
  if (verdicts.length === 0) return html``;
  const subjects = [...new Set(verdicts.map(({ subject }) => subject))];
  const line = ({ outcome, bar, figures }: Verdict): Html =>
    html`<li>
      <span class="outcome ${outcome}">${outcomeVerbs[outcome]}</span> <span>${bar}</span>
      <span class="figures">${figures}</span>
    </li>`;
  return html`<section>
    <h2>What it beats, and what it does not</h2>
    ${subjects.map(
      (subject) =>
        html`<h3 class="bars">${subject} …</h3>
          <ul class="verdicts">
            ${verdicts.filter((verdict) => verdict.subject === subject).map(line)}
          </ul>`,
    )}
    <p class="note">
      Nats per token: difference of the macro averages, below zero is better, with its 95 % interval. “Beats” stands
      only where the whole interval is below zero. NMI: a gap below 0.01 counts as none.
    </p>
  </section>`;
}

/** What was done and what came of it. */
export function headlineSection(report: Report, summary: Summary): Html {
  const { corpus, model, budget, seeds } = report;
  const documents = corpus.documents.train + corpus.documents.validation + corpus.documents.test;
  const k = formatNumeral(budget.experts);
  const [day] = report.created.split('T');
  return html`<header>
    <p class="eyebrow">Polymath report, <time datetime="${report.created}">${day}</time></p>
    <h1>${summary.headline}</h1>
    ${summary.gain !== undefined && html`<p class="dek">${quoted(summary.gain)}</p>`}
    <p>
      ${quoted(corpus.name)}, ${formatNumber(documents, 'document')}, was split into ${k}
      ${budget.experts === 1 ? 'pile' : 'piles'}; one expert was made from ${quoted(model.name)}
      (${formatShort(model.parameters)} parameters) per pile, and the ${k} are mixed token by token. Figures are from
      ${formatNumber(corpus.documents.test, 'test document')} that no system was trained
      on${seeds.length > 1 ? `, averaged over ${formatNumeral(seeds.length)} training seeds` : ''}.
    </p>
    ${(report.notes ?? []).map((note) => html`<p class="note">${quoted(note)}</p>`)}
  </header>`;
}

/** What to do now, as commands. */
export function nextSection(report: Report): Html {
  return html`<section>
    <h2>What to do next</h2>
    <dl class="steps">
      ${nextSteps(report).map(
        ({ command, why }) =>
          html`<div>
            <dt><code>${command}</code></dt>
            <dd>${why}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

/** What it takes to get the same figures again. */
export function footerSection(report: Report): Html {
  const { corpus, model, budget, machine, seeds } = report;
  const perPart = (p: Report['corpus']['documents']): string =>
    `${formatCount(p.train)} train, ${formatCount(p.validation)} validation, ${formatCount(p.test)} test`;
  const items: (readonly [string, string])[] = [
    ['Documents', perPart(corpus.documents)],
    ['Tokens', perPart(corpus.tokens)],
    ['Rows not imported', formatCount(corpus.rejected)],
    ['Gold domains', corpus.domains.length > 0 ? formatList(corpus.domains) : 'none'],
    [
      'Base model',
      `${model.name}, ${formatCount(model.parameters)} parameters, vocabulary ${formatCount(model.vocabulary)}${
        model.bitsPerByte === undefined
          ? ''
          : `, ${model.bitsPerByte.toFixed(3)} bits per byte on its own held-out text`
      }`,
    ],
    [
      'Training budget',
      `${formatCount(budget.tokensPerSystem)} tokens per system, ${formatCount(budget.experts)} experts ${budget.matched === 'expert' ? 'each' : 'together'}`,
    ],
    ...(budget.training === undefined ? [] : [['What is trained', budget.training] as const]),
    ...(budget.prefixTokens === undefined
      ? []
      : [['A pile is chosen by', `the first ${budget.prefixTokens} tokens of a document`] as const]),
    [seeds.length === 1 ? 'Seed' : 'Seeds', seeds.join(', ')],
    ['Wall time', formatDuration(report.seconds)],
    ['Peak memory', `${formatCount(report.peakMiB)} MiB`],
    ['Machine', `${machine.cpu}, ${formatCount(machine.cores)} cores, ${machine.platform}`],
    ['Software', `Polymath ${report.polymath}, Node ${machine.node}`],
    ['Written', report.created],
  ];
  return html`<section>
    <h2>To get these figures again</h2>
    <p>
      The same command with the same seeds on the same corpus. The numbers of this page are in report.json beside it.
    </p>
    <dl>
      ${items.map(
        ([term, value]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${quoted(value)}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}
