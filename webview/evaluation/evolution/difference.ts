/** What two candidates say differently, word by word. */
import { diffWordsWithSpace } from 'diff';
import type { Candidate } from './candidates';

export interface Part {
  readonly text: string;
  readonly kind: 'same' | 'added' | 'removed';
}

export interface ComponentDifference {
  readonly name: string;
  readonly isSame: boolean;
  readonly parts: readonly Part[];
}

/** Milliseconds, after which a text is told as a whole: roles may be long. */
const longest = 300;

/** Component by component: the roles of the members, then the instruction. */
export function differencesOf(from: Candidate, to: Candidate, members: readonly string[]): ComponentDifference[] {
  return to.components.map((after, i) => {
    const before = from.components[i] ?? '';
    const name = i < members.length ? `Role of ${members[i]}` : 'Instruction';
    return { name, isSame: before === after, parts: partsOf(before, after) };
  });
}

function partsOf(before: string, after: string): Part[] {
  const changes = diffWordsWithSpace(before, after, { timeout: longest });
  if (changes === undefined) {
    return [
      { text: before, kind: 'removed' },
      { text: after, kind: 'added' },
    ];
  }
  return changes.map(({ value, added, removed }) => ({
    text: value,
    kind: added ? 'added' : removed ? 'removed' : 'same',
  }));
}
