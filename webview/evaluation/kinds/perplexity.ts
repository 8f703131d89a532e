import { formatFixed, formatNumber, formatPerplexity, formatSigned } from '../../../backend/base/format';
import type { PerplexityTable } from '../../../backend/protocol/records';
import { dataTable, nameOf, numbers } from '../../shared/data-table';
import { differences } from '../differences';
import { heading, notesOf } from '../parts';
import type { Mark } from '../../shared/intervals';
import { routingFigures } from '../routing';
import type { Tools } from '../tools';

/** Every system after the first, which the others are compared with. */
export function marksOf({ systems }: PerplexityTable): Mark[] {
  return systems.slice(1).map(({ name, difference: { deltaNats, lo, hi } }, i, { length }) => ({
    name,
    value: deltaNats,
    lo,
    hi,
    look: i === length - 1 ? 'main' : 'plain',
  }));
}

export function perplexity(table: PerplexityTable, tools: Tools): unknown {
  const { systems, documents, notes = [], routing } = table;
  const rows = systems.map(({ name, macro, bitsPerByte, difference: { deltaNats, lo, hi } }, i) => ({
    cells: [
      nameOf(name),
      formatPerplexity(macro),
      formatFixed(bitsPerByte),
      ...(i === 0 ? ['', '', ''] : [deltaNats, lo, hi].map((value) => formatSigned(value))),
    ],
  }));
  const columns = [{ title: 'System' }, ...numbers('Perplexity', 'Bits per byte', 'Difference', 'from', 'to')];
  const base = systems.at(0)?.name ?? 'the first';
  return [
    heading('Systems'),
    dataTable('Systems', columns, rows),
    differences(marksOf(table), `Of each system minus ${base}`, tools),
    routingFigures(routing, tools),
    notesOf([`${formatNumber(documents, 'test document')}; 95 % intervals.`, ...notes]),
  ];
}
