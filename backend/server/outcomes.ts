/** The figures by which runs are compared, read of what they made. */
import { UserError } from '../base/errors';
import { tableOfEvaluation } from '../protocol/evaluation-tables';
import { headlineOf } from '../protocol/headline';
import type { Result } from '../protocol/messages';
import type { EvaluationRecord, ExpertSetRecord, SplitRecord } from '../protocol/records';
import type { OutcomeFigures } from '../protocol/run';
import type { Store } from '../store/store';

/** What is not there any more is left out. */
export async function outcomesOf(store: Store, made: readonly string[]): Promise<Result<'runs/outcomes'>> {
  const found: Result<'runs/outcomes'> = [];
  for (const id of made) {
    try {
      const figures = await figuresOf(store, id);
      if (figures !== undefined) found.push({ made: id, figures });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return found;
}

/** By what the id begins with; undefined where there is nothing to compare. */
async function figuresOf(store: Store, id: string): Promise<OutcomeFigures | undefined> {
  switch (id.slice(0, id.indexOf('-'))) {
    case 'split':
      return ofSplit(await store.splits.get(id));
    case 'experts':
      return ofExperts(await store.experts.get(id));
    case 'mixer':
      return { validationLoss: (await store.mixers.get(id)).validationNll };
    case 'eval':
      return ofEvaluation(await store.evaluations.get(id));
    default:
      return undefined;
  }
}

function ofSplit({ quality: { nmi, purity } }: SplitRecord): OutcomeFigures {
  return { ...(typeof nmi === 'number' && { nmi }), ...(typeof purity === 'number' && { purity }) };
}

function ofExperts({ experts }: ExpertSetRecord): OutcomeFigures {
  const losses = experts.flatMap(({ validation }) => (validation === undefined ? [] : [validation.loss]));
  if (losses.length === 0) return {};
  return { validationLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length };
}

function ofEvaluation(record: EvaluationRecord): OutcomeFigures {
  const headline = headlineOf(tableOfEvaluation(record));
  return headline === undefined ? {} : { [headline.figure]: headline.value };
}
