/** Who said what in a council, short, for the terminal. */
import { formatNumber } from '../base/format';
import { printable } from '../base/printable';
import type { Result } from '../protocol/messages';

/** Characters that are shown of what a member wrote. */
const shown = 240;

/** A paragraph for each thing that a member wrote, and how the votes were where members judged. */
export function transcriptText(council: Result<'ask'>['council']): string {
  const said = (council?.transcript ?? []).map(({ expert, step, text, read, shortened }) => {
    const after = read.length === 0 ? '' : `, having read ${read.map((entry) => entry + 1).join(', ')}`;
    return { head: `${expert} (${step}${after}${shortened === true ? ' in short' : ''})`, text: beginningOf(text) };
  });
  const lines = said.map(({ head, text }, i) => `${i + 1}. ${printable(head)}:\n   ${text}\n`);
  const votes = (council?.drafts ?? []).filter((draft) => draft.scores.length > 0);
  const told = votes.map(({ expert, votes: count }) => `${printable(expert)} ${formatNumber(count, 'vote')}`);
  return `${[...lines, ...(told.length === 0 ? [] : [`${told.join('; ')}.\n`])].join('')}\n`;
}

function beginningOf(text: string): string {
  const line = printable(text).replaceAll(/\s+/g, ' ').trim();
  if (line === '') return '(nothing)';
  return line.length <= shown ? line : `${line.slice(0, shown).replace(/\s*\S*$/, '')} …`;
}
