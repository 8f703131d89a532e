import { formatCount, formatFixed, formatNumber, formatPerplexity, formatSigned } from '../../../backend/base/format';
import type { Report } from '../../../backend/protocol/report';
import { dataTable, nameOf, numbers } from '../../shared/data-table';
import { differences } from '../differences';
import { heatMap } from '../heat';
import { heading, notesOf } from '../parts';
import { routingFigures } from '../routing';
import type { Tools } from '../tools';
import { differenceTo, domainsOf, expertsOf, mainOf, marksOf } from './comparison-figures';

export function comparison(report: Report, tools: Tools): unknown {
  const heats = [domainsOf(report), expertsOf(report)];
  const { corpus, budget, model } = report;
  const about = `${corpus.name}: ${formatNumber(corpus.documents.test, 'test document')}; ${formatNumber(budget.tokensPerSystem, 'training token')} per system, ${formatNumber(budget.experts, 'expert')}; base model ${model.name}.`;
  return [
    heading('Systems'),
    systems(report),
    differences(marksOf(report), `${mainOf(report)?.label ?? 'The main system'} minus each other system`, tools),
    heats.map((heat) => (heat === undefined ? '' : heatMap(heat))),
    weightings(report),
    routingFigures(report.mixer?.routing, tools),
    notesOf([about, 'Perplexity is macro over domains; 95 % intervals.', ...(report.notes ?? [])]),
  ];
}

function systems(report: Report): unknown {
  const own = (name: string, text: string): unknown =>
    name === mainOf(report)?.id ? [nameOf(text), ' (main)'] : nameOf(text);
  const rows = report.systems.flatMap(({ id, label, split, role }) => {
    if (!Object.hasOwn(report.perplexity, id)) return [];
    const against = differenceTo(report, id);
    const { macro, interval: [from, to] = [], bitsPerByte } = report.perplexity[id];
    const { nmi, ari } = split !== undefined && Object.hasOwn(report.splits, split) ? report.splits[split] : {};
    const cells = [
      own(id, label),
      ...[macro, from, to].map((value) => (value === undefined ? '' : formatPerplexity(value))),
      formatFixed(bitsPerByte),
      ...[against?.value, against?.lo, against?.hi].map((value) => (value === undefined ? '' : formatSigned(value))),
      ...[nmi, ari].map((value) => (value === undefined ? '' : formatFixed(value))),
    ];
    return [{ cells, ...(role === 'answers' && { look: 'bound' as const }) }];
  });
  const figures = [
    ...numbers('Perplexity', 'from', 'to', 'Bits per byte'),
    { title: 'Main minus this', told: 'Nats per token', isNumber: true },
    ...numbers('from', 'to'),
  ];
  const piles = [
    { title: 'NMI', told: 'Of its piles with the gold domains', isNumber: true },
    { title: 'ARI', told: 'Of its piles with the gold domains', isNumber: true },
  ];
  return dataTable('Systems', [{ title: 'System' }, ...figures, ...piles], rows);
}

/** The main system's experts, weighed in other ways. */
function weightings({ mixer }: Report): unknown {
  const variants = Object.entries(mixer?.variants ?? {});
  if (variants.length === 0) return '';
  const rows = variants.map(([name, nats]) => {
    const against = mixer?.against ?? {};
    const { deltaNats, lo, hi } = Object.hasOwn(against, name) ? against[name] : {};
    const signed = [deltaNats, lo, hi].map((value) => (value === undefined ? '' : formatSigned(value)));
    return { cells: [nameOf(name), formatPerplexity(Math.exp(nats)), ...signed] };
  });
  const columns = [{ title: 'Weighting' }, ...numbers('Perplexity', 'Mixture minus this', 'from', 'to')];
  return [
    heading(`The Same Experts under ${formatCount(variants.length)} Other Weightings`),
    dataTable('Weightings', columns, rows),
  ];
}
