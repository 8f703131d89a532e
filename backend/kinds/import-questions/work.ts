import { importQuestions } from '../../corpus/import/import-questions';
import type { Job } from '../../engine/job';
import type { Outcome } from '../../protocol/outcome';
import type { ImportQuestionsSpec } from './spec';

export async function importQuestionSet({ spec, suffix, watch }: Job<ImportQuestionsSpec>): Promise<Outcome> {
  const { set, questions } = await importQuestions(spec, watch);
  const id = `questions-${suffix}`;
  return { result: id, questions: { set: { ...set, id }, questions: [...questions] } };
}
