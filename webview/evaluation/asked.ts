/** The questions of an exam, and who answered each right. */
import type { ExamTable } from '../../backend/protocol/exam';

export interface AskedRow {
  /** In the order of the exam, from 1. */
  readonly number: number;
  readonly id: string;
  readonly domain: string | undefined;
  /** Of each row of the exam. */
  readonly right: readonly boolean[];
}

export function askedRows({ asked, rows }: Pick<ExamTable, 'asked' | 'rows'>): AskedRow[] {
  return asked.map(({ id, domain }, i) => ({
    number: i + 1,
    id,
    domain,
    right: rows.map(({ right }) => right[i] === '1'),
  }));
}

export const filters = {
  all: { label: 'All questions', fits: () => true },
  wrong: { label: 'Where the first was wrong', fits: ([first]) => !first },
  differ: { label: 'Where they differ', fits: ([first, ...others]) => others.some((one) => one !== first) },
  nobody: { label: 'Where nobody was right', fits: (right) => !right.includes(true) },
} as const satisfies Readonly<Record<string, { label: string; fits: (right: readonly boolean[]) => boolean }>>;
export type Filter = keyof typeof filters;
