/** Why an import must fail, by what was seen of its source. Free of schemas, because the editor asks it too. */
import { UserError } from '../../base/errors';
import { formatNumber } from '../../base/format';
import type { Raw } from '../../base/settings';
import type { SourceFacts } from '../../protocol/catalog';

/** Throws UserError where no column has texts, or no record can be used. */
export function requireImportable({ name, fields, columns, documents, rejected }: SourceFacts, told: Raw): void {
  if (fields.length > 0 && columns.text === undefined && told.textColumn === undefined) {
    throw new UserError(
      `No column looks like texts: ${fields.join(', ')}.`,
      'Name the one with the texts: {textColumn}.',
    );
  }
  if (!documents.all || documents.total > 0) return;
  const [first] = rejected.first;
  const cause =
    first === undefined
      ? 'it is empty, or has nothing below its header'
      : `${formatNumber(rejected.count, 'record')} cannot be used, ${first.file} line ${first.line} because: ${first.reason}`;
  throw new UserError(`${name} holds no documents: ${cause}.`, 'Choose a source with at least a few texts.');
}
