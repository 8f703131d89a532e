/** Parts of the pages that are written for people to read as text, in Markdown. */
import { expertLetter } from '../../backend/base/letter';
import type { DocumentRow } from '../../backend/protocol/records';

const barWidth = 14;

/** Bars of shares from 0 to 1, one per line, in a block that keeps its columns. */
export function bars(shares: readonly (readonly [name: string, share: number, note: string])[]): string {
  const width = Math.max(...shares.map(([name]) => name.length));
  const lines = shares.map(([name, share, note]) => {
    const full = Math.round(barWidth * Math.min(1, Math.max(0, share)));
    return `${name.padEnd(width)}  ${'█'.repeat(full)}${'░'.repeat(barWidth - full)}  ${note}`;
  });
  return ['```text', ...lines, '```'].join('\n');
}

/** A document as an entry of a list: its number leads to it, see `Reports`. */
export function entry({ index, id, preview }: DocumentRow, ...notes: readonly string[]): string {
  return `- #${index} ${[plain(id), ...notes].join(' · ')}\n  > ${quote(preview)}`;
}

/** Characters that are quoted of a document. */
const longest = 120;

function quote(preview: string): string {
  const text = plain(preview);
  return text.length > longest ? `${text.slice(0, longest).trimEnd()}…` : text;
}

export const pileLabel = (pile: number, name: string): string => `${expertLetter(pile)} (${plain(name)})`;

/** Sections with their headings, empty ones left out. */
export function sections(title: string, parts: readonly (readonly [heading: string, text: string])[]): string {
  const written = parts.filter(([, text]) => text !== '').map(([heading, text]) => `## ${heading}\n\n${text}\n`);
  return `# ${title}\n\n${written.join('\n')}`;
}

/** On one line, so that no text of a corpus becomes a heading or a list. */
export function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
