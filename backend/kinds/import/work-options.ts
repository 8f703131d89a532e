import type { ImportOptions } from '../../corpus/import/options';
import type { ImportSpec } from './spec';

/** What the reader of a source is told. */
export function importOptions({ kind: _, textColumn, idColumn, domainColumn, ...rest }: ImportSpec): ImportOptions {
  return { ...rest, columns: { text: textColumn, id: idColumn, domain: domainColumn } };
}
