import { pipelineKind } from '../../backend/kinds/pipeline/spec';
import { wordsOf } from '../../backend/base/settings';
import { chord, onCorpus } from '../contributions/contribution';
import { prepareGuide } from '../guide/prepare';
import type { Polymath } from '../polymath';
import { showFirstAnswer } from '../runs/first-answer';
import { begin } from '../wizard/begin';
import { PipelinePlan } from '../wizard/pipeline';
import { askRun } from '../wizard/run-wizard';
import { askSource } from '../wizard/source';
import type { CommandTable } from './command';

export const pipelineCommands: CommandTable = {
  'polymath.pipeline': {
    title: 'From Corpus to Answer…',
    icon: 'rocket',
    needs: 'backend',
    menus: [onCorpus('explorer/context', '7_polymath@0'), onCorpus('editor/title', 'navigation@9')],
    keys: [chord('g')],
    run: pipeline,
  },
  'polymath.pipeline.answer': {
    title: 'Show First Answer',
    icon: 'symbol-color',
    needs: 'backend',
    palette: false,
    run: (polymath, id) => showFirstAnswer(polymath, { id: wordsOf(id) ?? '' }),
  },
};

async function pipeline(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('From Corpus to Answer', 2, async (ask) => {
    const source = await askSource(ask, given);
    const plan = new PipelinePlan(polymath, source);
    const told = await askRun(ask, polymath, {
      kind: pipelineKind,
      subjects: { source },
      start: 'Start Pipeline',
      ...plan.question,
    });
    return plan.specOf(told);
  });
  await prepareGuide(polymath, spec.guide);
  const { id } = await begin(polymath, spec);
  polymath.activity.awaited.add(id);
}
