/** What an evolution leaves: a council, and the table of all candidates. */
import { formatNumber } from '../../base/format';
import type { Chats } from '../../council/council';
import type { Job } from '../../engine/job';
import type { Tools } from '../../evolve/algorithm';
import type { Judged } from '../../evolve/candidate';
import type { Evolution, EvolutionSettings } from '../../evolve/evolve';
import { scoresOf } from '../../evolve/fitness';
import type { ChatOperators } from '../../evolve/operators/chat';
import type { CouncilRecord } from '../../protocol/councils';
import { evolved, memberLabel } from '../../protocol/members';
import type { EvolutionTable } from '../../protocol/exam';
import type { EvaluationRecord } from '../../protocol/records';
import { chatNotes } from '../shared/chat-judges';
import type { EvolveInputs } from './inputs';
import type { EvolveSpec } from './spec';

export type EvolveJob = Job<EvolveSpec, EvolveInputs>;

export interface EvolveTools extends Tools {
  readonly chat: ChatOperators | undefined;
}

/** Questions of a block of a race. */
const blockSize = 25;

export function settingsOf(spec: EvolveSpec): EvolutionSettings {
  const { size, generations, likelihood, information, agreement, lengthPenalty, race } = spec;
  const weights = { likelihood, information, agreement, length: lengthPenalty };
  return { size, generations, weights, block: race === true ? blockSize : undefined };
}

/** The council that has the best texts. */
export function councilOf({ suffix, created, inputs }: EvolveJob, { components }: Judged): CouncilRecord {
  const { council, name } = inputs;
  const { version: _, instructionBy: __, ...rest } = council;
  return { ...rest, ...evolved(council, components), id: `council-${suffix}`, name, created };
}

export function tableOf(
  { inputs, spec }: EvolveJob,
  made: CouncilRecord,
  { archive, best, twins, ended }: Evolution,
  calls: EvolutionTable['calls'],
  tokens: number,
  { operators, chat }: EvolveTools,
  chats: Chats,
): EvolutionTable {
  const retest = reliability(archive, spec);
  return {
    algorithm: spec.algorithm,
    operators: operators.name,
    from: inputs.council.id,
    council: made.id,
    members: made.members.map(memberLabel),
    questions: best.marks.size,
    calls,
    tokens,
    twins,
    ended,
    best: best.number,
    candidates: archive.map(({ marks, components, parents, changed, ...rest }) => ({
      number: rest.number,
      generation: rest.generation,
      operator: rest.operator,
      parents: [...parents],
      ...(changed !== undefined && { changed }),
      dropped: rest.dropped,
      components: [...components],
      questions: marks.size,
      scores: rest.scores,
    })),
    ...(retest !== undefined && { retest }),
    notes: [...notesOf({ spec, inputs }, { best, archive, ended }, chat), ...chatNotes(chats)],
  };
}

/** Correlation over candidates of the fitness on every other question with that on the rest; undefined for fewer than three. */
function reliability(archive: readonly Judged[], spec: EvolveSpec): number | undefined {
  const whole = archive.filter(({ dropped }) => !dropped);
  if (whole.length < 3) return undefined;
  const { weights } = settingsOf(spec);
  const [first] = whole;
  const halves = [0, 1].map((half) =>
    whole.map(({ marks, scores }) => {
      const own = [...marks].filter(([question]) => question % 2 === half).map(([, mark]) => mark);
      return scoresOf(own, scores.words, first.scores.words, weights).fitness;
    }),
  );
  return correlation(halves[0], halves[1]);
}

/** Pearson's; undefined where one does not vary. */
function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (of: (i: number) => number): number => a.reduce((total, _, i) => total + of(i), 0);
  const spread = Math.sqrt(sum((i) => (a[i] - ma) ** 2) * sum((i) => (b[i] - mb) ** 2));
  return spread === 0 ? undefined : sum((i) => (a[i] - ma) * (b[i] - mb)) / spread;
}

function notesOf(
  { spec, inputs }: Pick<EvolveJob, 'spec' | 'inputs'>,
  { best, archive, ended }: Pick<Evolution, 'best' | 'archive' | 'ended'>,
  chat: ChatOperators | undefined,
): string[] {
  const notes = [
    `Asked: ${formatNumber(best.marks.size, 'question')} of the held-out half of ${inputs.set.name}.`,
    'Fitness on the questions that texts were evolved on says too much: an exam on the test half tells what it is worth.',
  ];
  if (best.number === 0) notes.push('Nothing that was tried was better than the council as it was.');
  if (ended === 'budget') {
    const last = archive[archive.length - 1].generation;
    notes.push(`The budget was spent in generation ${last} of ${spec.generations}: a larger one goes on from there.`);
  }
  if (ended === 'exhausted') notes.push('It ended early, because generation after generation held no new text.');
  if (spec.race === true && best.marks.size <= blockSize)
    notes.push(`No race was held: ${best.marks.size} questions are one block of up to ${blockSize}.`);
  const dropped = archive.filter((one) => one.dropped).length;
  if (dropped > 0)
    notes.push(
      `${formatNumber(dropped, 'candidate')} of ${archive.length} lost a race or met the end of the budget before all questions.`,
    );
  if (spec.operators === 'local') {
    notes.push(
      'The base model wrote the texts. Models of fewer than about 7 billion parameters seldom write usable ones; a larger one behind an endpoint, or edits, may serve better.',
    );
  }
  if (chat !== undefined) {
    const { asked, known, malformed, silent, long } = chat.figures;
    notes.push(
      `${chat.name} was asked ${formatNumber(asked, 'time')} (${known} of them for what it had answered before); ${malformed} answers held no usable text, ${silent} did not come, and ${formatNumber(long, 'question was', 'questions were')} longer than it reads: edits stood in.`,
    );
  }
  return notes;
}

export function recordOf({ id, suffix, created, spec, inputs }: EvolveJob, result: EvolutionTable): EvaluationRecord {
  const { experts, set, council } = inputs;
  return {
    id: `eval-${suffix}`,
    name: `Evolution of ${council.name} on ${set.name}`.slice(0, 200),
    created,
    kind: 'evolution',
    questions: set.id,
    part: 'heldout',
    experts: experts.id,
    run: id,
    seeds: [spec.seed],
    result,
  };
}
