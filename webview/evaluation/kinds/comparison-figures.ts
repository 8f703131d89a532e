/** What the charts of a comparison show. */
import { formatPerplexity } from '../../../backend/base/format';
import { expertLetter } from '../../../backend/base/letter';
import type { Report } from '../../../backend/protocol/report';
import type { Heat } from '../heat';
import type { Mark } from '../../shared/intervals';

export const mainOf = ({ systems }: Report): Report['systems'][number] | undefined =>
  systems.find(({ role }) => role === 'main');

/** The main system minus another one, in nats per token; undefined where they were not compared. */
export function differenceTo(report: Report, other: string): Pick<Mark, 'value' | 'lo' | 'hi'> | undefined {
  const main = mainOf(report)?.id;
  const found = report.comparisons.find(({ a, b }) => a === main && b === other);
  return found && { value: found.deltaNats, lo: found.lo, hi: found.hi };
}

/** Each system that the main one was compared with. */
export function marksOf(report: Report): Mark[] {
  return report.systems.flatMap(({ id, label, role }): Mark[] => {
    const found = differenceTo(report, id);
    return found === undefined ? [] : [{ name: label, ...found, look: role === 'answers' ? 'bound' : 'plain' }];
  });
}

/** Perplexity of systems by domain; undefined where the corpus has no domains. */
export function domainsOf({ systems, perplexity }: Report): Heat | undefined {
  const columns = [...new Set(Object.values(perplexity).flatMap(({ domains }) => Object.keys(domains)))];
  if (columns.length === 0) return undefined;
  const rows = systems.flatMap(({ id, label, role }) => {
    if (!Object.hasOwn(perplexity, id)) return [];
    const { domains } = perplexity[id];
    return [
      {
        name: label,
        isBound: role === 'answers',
        values: columns.map((name) => (Object.hasOwn(domains, name) ? domains[name] : undefined)),
      },
    ];
  });
  const title = 'Perplexity by Domain';
  return { title, corner: 'System', columns, rows, better: 'lower', format: formatPerplexity };
}

/** What each expert is good at. */
export function expertsOf({ specialisation }: Report): Heat | undefined {
  if (specialisation === undefined) return undefined;
  const { experts, piles, domains, perplexities, of } = specialisation;
  return {
    title: `Perplexity of Experts by ${of === 'piles' ? 'Pile' : 'Domain'}`,
    corner: 'Expert',
    columns: domains,
    rows: experts.map((name, i) => ({ name: `${expertLetter(piles?.[i] ?? i)}  ${name}`, values: perplexities[i] })),
    better: 'lower',
    format: formatPerplexity,
  };
}
