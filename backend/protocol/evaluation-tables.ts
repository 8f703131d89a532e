/** What the records of evaluations hold, by their kind. */
import { evolutionTable, examTable } from './exam';
import { type EvaluationRecord, perplexityTable } from './records';
import { parseReport } from './report';
import { sweepTable } from './sweep';

type Kind = EvaluationRecord['kind'];

const readers = {
  perplexity: (result: unknown) => perplexityTable.parse(result),
  comparison: (result: unknown) => parseReport(result),
  exam: (result: unknown) => examTable.parse(result),
  evolution: (result: unknown) => evolutionTable.parse(result),
  sweep: (result: unknown) => sweepTable.parse(result),
} satisfies Readonly<Record<Kind, (result: unknown) => unknown>>;

export type EvaluationTables = { readonly [K in Kind]: ReturnType<(typeof readers)[K]> };

/** The table of an evaluation, with the kind that tells which it is. */
export type EvaluationTable<K extends Kind = Kind> = {
  readonly [P in K]: { readonly kind: P; readonly table: EvaluationTables[P] };
}[K];

/** Throws where the record holds something else. */
export function tableOfEvaluation<K extends Kind>({
  kind,
  result,
}: Pick<EvaluationRecord, 'result'> & { readonly kind: K }): EvaluationTable<K> {
  return { kind, table: readers[kind](result) } as EvaluationTable<K>;
}
