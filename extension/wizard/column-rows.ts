/** Which column of a source holds what, among those that its first records have. */
import { type Raw, wordsOf } from '../../backend/base/settings';
import { importKind } from '../../backend/kinds/import/spec';
import { heading } from './boxes';
import type { OwnRow } from './rows';
import type { SourceLook } from './source';

const roles = ['text', 'id', 'domain'] as const;

export function columnRows(look: SourceLook): Readonly<Record<string, OwnRow>> {
  return Object.fromEntries(roles.map((role) => [`${role}Column`, columnRow(role, look)]));
}

function columnRow(role: (typeof roles)[number], look: SourceLook): OwnRow {
  const why = (): string => (role === 'text' && look.facts?.why !== undefined ? look.facts.why : 'guessed');
  return {
    applies: () => (look.facts?.fields.length ?? 0) > 0,
    show: (named) =>
      named === undefined ? `${look.facts?.columns[role] ?? 'none'} (${why()})` : wordsOf(named) || 'none',
    ask: (ask, _, told: Raw) =>
      ask.pick<string | undefined>(async () => {
        const { fields } = look.facts ?? (await look.inspect(told));
        const none = role === 'text' ? [] : [{ label: '$(circle-slash) None', value: '' }];
        const own = [{ label: '$(sparkle) Guess', value: undefined }, ...none, heading('Columns')];
        const columns = fields.map((field) => ({ label: field, value: field }));
        return { placeholder: importKind.settings[`${role}Column`].label, lines: [...own, ...columns] };
      }),
  };
}
