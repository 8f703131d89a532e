import { formatNumber } from '../../base/format';
import { importQuestions } from '../../corpus/import/import-questions';
import type { Job } from '../../engine/job';
import type { Outcome } from '../../protocol/outcome';
import type { ImportQuestionsSpec } from './spec';

/** Rows that were left out, of which the log of the run tells why. */
const mostTold = 1000;

export async function importQuestionSet({ spec, suffix, watch }: Job<ImportQuestionsSpec>): Promise<Outcome> {
  const { set, questions, rejections } = await importQuestions(spec, watch);
  for (const { file, line, reason } of rejections.slice(0, mostTold)) console.log(`${file}, line ${line}: ${reason}`);
  if (rejections.length > mostTold) console.log(`… and ${formatNumber(rejections.length - mostTold, 'more line')}`);
  const id = `questions-${suffix}`;
  return { result: id, questions: { set: { ...set, id }, questions: [...questions] } };
}
