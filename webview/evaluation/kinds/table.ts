import type { EvaluationTable, EvaluationTables } from '../../../backend/protocol/evaluation-tables';
import type { Tools } from '../tools';
import { comparison } from './comparison';
import { evolution } from './evolution';
import { exam } from './exam';
import { perplexity } from './perplexity';
import { sweep } from './sweep';

type Kinds = { readonly [K in keyof EvaluationTables]: (table: EvaluationTables[K], tools: Tools) => unknown };

/** What the page shows of an evaluation, by its kind. */
const kinds: Kinds = { perplexity, comparison, exam, evolution, sweep };

export function partsOf<K extends keyof EvaluationTables>({ kind, table }: EvaluationTable<K>, tools: Tools): unknown {
  return kinds[kind](table, tools);
}
