/** The steps from a corpus to an evaluation: which are done, and which is next. */
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import type { Headline } from '../../backend/protocol/headline';
import { weightingLabel } from '../../backend/mixing/weightings/settings';
import type {
  DatasetRecord,
  EvaluationRecord,
  ExpertSetRecord,
  MixerRecord,
  SplitRecord,
} from '../../backend/protocol/records';
import type { RunRecord } from '../../backend/protocol/run';
import { methodLabel, splitMethods } from '../../backend/split/methods/settings';
import type { Offer, ShownStep } from '../../webview/home/protocol';
import { formatNumber } from '../format';
import { steps as does } from '../steps';

/** What there is of the steps: the newest of each that belongs to the one before. */
export interface Made {
  readonly dataset?: DatasetRecord | undefined;
  readonly split?: SplitRecord | undefined;
  readonly experts?: ExpertSetRecord | undefined;
  readonly mixer?: MixerRecord | undefined;
  /** Questions that the experts of this folder answered, as far as they are kept. */
  readonly asked: number;
  readonly evaluation?: Omit<EvaluationRecord, 'result'> | undefined;
  readonly headline?: Headline | undefined;
}

interface Step {
  readonly name: string;
  /** Kinds of what its runs make. */
  readonly makes: readonly (typeof runKinds)[keyof typeof runKinds]['makes'][];
  readonly place: (made: Made) => Offer;
  /** What there is of it, in words; undefined while there is nothing. */
  readonly done: (made: Made) => string | undefined;
  /** What does it; undefined while what it needs is not there. */
  readonly begin: (made: Made) => readonly Offer[] | undefined;
  /** Said before it is done. */
  readonly waits: string;
  /** It leads nowhere, so nobody is told to do it next. */
  readonly open?: true;
}

const table: readonly Step[] = [
  {
    name: 'Corpus',
    makes: ['dataset'],
    place: () => ({ title: 'Show Datasets', command: 'polymath.datasets.focus' }),
    done: ({ dataset }) => dataset && `${dataset.name}, ${formatNumber(dataset.documents.total, 'document')}`,
    begin: () => [does.pipeline, does.importSample, does.import],
    waits: 'Begins with the sample corpus or your own file or folder',
  },
  {
    name: 'Piles',
    makes: ['split'],
    place: () => ({ title: 'Show Piles', command: 'polymath.piles.focus' }),
    done: ({ split }) =>
      split && `${formatNumber(split.k, 'pile')} by ${methodLabel(splitMethods, split.method, split.settings)}`,
    begin: ({ dataset }) => dataset && [{ ...does.split, on: dataset.id }],
    waits: 'The corpus is split by what is alike',
  },
  {
    name: 'Experts',
    makes: ['experts'],
    place: () => ({ title: 'Show Experts', command: 'polymath.experts.focus' }),
    done: ({ experts }) => experts && `${formatNumber(experts.experts.length, 'expert')} on ${experts.model}`,
    begin: ({ split }) => split && [{ ...does.train, on: split.id }],
    waits: 'One expert learns from each pile',
  },
  {
    name: 'Weighting',
    makes: ['mixer'],
    place: () => ({ title: 'Show Experts', command: 'polymath.experts.focus' }),
    done: ({ mixer }) =>
      mixer && `${weightingLabel(mixer.weighting ?? 'probe')}, ${mixer.validationNll.toFixed(3)} nats per token`,
    // Without a split there are no piles that a mixer could learn from.
    begin: ({ experts, split }) =>
      experts?.clustering === undefined || split === undefined ? undefined : [{ ...does.mix, on: experts.id }],
    waits: 'Says how much each expert counts, token by token',
  },
  {
    name: 'Answers',
    makes: [],
    place: () => ({ title: 'Show Answers', command: 'polymath.pages.tokens' }),
    done: ({ asked }) => (asked > 0 ? `${formatNumber(asked, 'question')} asked` : undefined),
    begin: ({ experts }) => experts && [{ ...does.ask, on: experts.id }],
    waits: 'The experts answer together',
    open: true,
  },
  {
    name: 'Evaluation',
    makes: ['evaluation', 'table'],
    place: ({ evaluation }) => ({ title: 'Open Evaluation', command: 'polymath.pages.evaluation', on: evaluation?.id }),
    done: ({ evaluation, headline }) =>
      evaluation && (headline ? `${headline.text} ${headline.words}` : evaluation.name),
    begin: ({ experts }) => experts && [{ ...does.evaluate, on: experts.id }],
    waits: 'Perplexity on texts that nobody learned',
  },
];

/** `active`: the runs that wait or are at work. */
export function pipelineOf(made: Made, active: readonly RunRecord[], kinds: KindTable = runKinds): ShownStep[] {
  const madeBy = (kind: string): string[] => {
    if (!Object.hasOwn(kinds, kind)) return [];
    const { makes, stages } = kinds[kind];
    return stages === undefined ? [makes] : stages.flatMap((stage) => madeBy(stage.kind));
  };
  const making = new Set(active.flatMap(({ spec: { kind } }) => madeBy(kind)));
  const isMaking = ({ makes }: Step): boolean => makes.some((what) => making.has(what));
  const isNext = (step: Step): boolean =>
    step.open !== true && step.done(made) === undefined && step.begin(made) !== undefined && !isMaking(step);
  const next = table.find(isNext);
  return table.map((step) => {
    const { name, place, waits, open } = step;
    const words = step.done(made);
    const offers = step.begin(made) ?? [];
    const shown = { name, place: place(made), words: words ?? waits };
    if (isMaking(step)) return { ...shown, state: 'working', offers: [] };
    if (open === true && offers.length > 0) return { ...shown, state: words === undefined ? 'open' : 'done', offers };
    if (words !== undefined) return { ...shown, state: 'done', offers: [] };
    if (step === next) return { ...shown, state: 'next', offers };
    return { ...shown, state: 'later', offers: [] };
  });
}
