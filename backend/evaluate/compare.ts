/** The whole comparison: every split, the experts of each, how they cooperate, and the controls, seed by seed. */
import type { Group } from '../split/constraints/constraints';
import type { Wanted } from '../base/settings';
import type { emSettings } from '../split/methods/em/settings';
import { methodTable } from '../split/methods/table';
import type { SplitMethodTable } from '../split/methods/split-method';
import type { SplitResult } from '../split/result';
import { splitBy } from '../split/split-by';
import { weightings } from '../mixing/weightings';
import type { TokenizedCorpus } from '../corpus/tokenized';
import { expertCodec } from '../model/experts/forms';
import type { ExpertStack } from '../model/experts/stack';
import type { ModelConfig } from '../model/architectures/config';
import { type Codec, once, plainCodec, type State } from '../base/checkpoint';
import type { Watch } from '../base/progress';
import type { Routing } from '../protocol/routing';
import type { Computing } from './computing';
import {
  type ComparedSystem,
  type ComparisonPlan,
  isMerged,
  isOfPiles,
  mainOf,
  type SystemOfMerge,
  type SystemOfPiles,
} from './plan';
import type { DocumentScore } from './statistics';
import {
  type FittedSystem,
  type Scores,
  scoreBase,
  scoreMerged,
  scoreMixtures,
  type SystemSettings,
  trainCommonAdapter,
  trainMonolithic,
  trainWide,
  trainSplit,
  fitTo,
} from './systems';

export interface ComparisonSettings extends SystemSettings {
  readonly plan: ComparisonPlan;
  readonly k: number;
  readonly seeds: readonly number[];
  /** Of perplexity EM. */
  readonly em: Wanted<typeof emSettings> & { readonly prefix: number };
  /** What people said of the training documents: every split keeps to it. */
  readonly groups?: readonly Group[];
  /** Where the space of the main split will be kept, below the project's folder, if it is. */
  readonly spaceFile?: string;
}

/** What methods and weightings are looked up in. */
export interface ComparisonTables {
  readonly methods: SplitMethodTable;
  readonly entries: typeof weightings;
}

/** What one seed gave, by the ids of the plan. */
export interface SeedOutcome {
  readonly splits: Readonly<Record<string, SplitResult>>;
  /** Test scores of every system. */
  readonly scores: Readonly<Record<string, Scores>>;
  readonly main: MainExperts;
}

/** The experts of the main system. */
export interface MainExperts {
  readonly stack: ExpertStack;
  /** The number of each expert's pile, and the share of the training documents there. */
  readonly piles: readonly number[];
  readonly shares: readonly number[];
  /** Their weighting. */
  readonly fitted: FittedSystem;
  /** Test scores of each expert alone, of these pile by pile, of all with equal weights, and of all under other weightings, by their labels. */
  readonly single: readonly Scores[];
  readonly byPile: readonly Scores[];
  readonly uniform: Scores;
  readonly variants: Readonly<Record<string, Scores>>;
  /** How well its weights find the best expert. */
  readonly routing: Routing;
}

/** What a project goes on with: the experts of the last seed and their weighting. */
export interface FinalExperts extends Pick<MainExperts, 'stack' | 'piles' | 'shares' | 'fitted'> {
  /** Name of the weighting. */
  readonly weighting: string;
  readonly split: SplitResult;
}

/** Runs the comparison for every seed. Throws the signal's reason when it is aborted. */
export async function compareSystems(
  computing: Computing,
  corpus: TokenizedCorpus,
  settings: ComparisonSettings,
  watch: Watch,
  tables: ComparisonTables = { methods: methodTable, entries: weightings },
): Promise<{ outcomes: SeedOutcome[]; final: FinalExperts }> {
  const { config } = computing.model;
  const { systems } = settings.plan;
  const base = systems.some(({ experts }) => experts === 'none')
    ? await once(watch, 'base', plainCodec<DocumentScore[]>(), () => scoreBase(computing, corpus, watch))
    : [];
  const outcomes: SeedOutcome[] = [];
  for (const seed of settings.seeds) {
    const compute = (part: Watch): Promise<SeedOutcome> =>
      new SeedComparison(computing, corpus, { ...settings, ...tables, seed }, part).run(base);
    outcomes.push(await once(watch, `seed ${seed}`, outcomeCodec(config), compute));
  }
  const { splits, main } = outcomes[outcomes.length - 1];
  const { split, cooperation } = mainOf(settings.plan);
  return { outcomes, final: { ...main, weighting: cooperation, split: splits[split] } };
}

/** One seed: trains what the systems need, each once, and scores them. */
class SeedComparison {
  private readonly budget: SystemSettings;

  constructor(
    private readonly computing: Computing,
    private readonly corpus: TokenizedCorpus,
    private readonly settings: ComparisonSettings & ComparisonTables & { readonly seed: number },
    private readonly watch: Watch,
  ) {
    this.budget = { ...settings, training: { ...settings.training, seed: settings.seed } };
  }

  async run(base: Scores): Promise<SeedOutcome> {
    const { computing, corpus, budget, watch } = this;
    const { systems } = this.settings.plan;
    const splits = await this.split();
    const scores: Record<string, Scores> = {};
    for (const { id, experts } of systems) {
      if (experts === 'none') scores[id] = base;
      if (experts !== 'one' && experts !== 'wide') continue;
      const { [experts]: trained } = { one: trainMonolithic, wide: trainWide };
      scores[id] = await once(watch, id, plainCodec<DocumentScore[]>(), (part) =>
        trained(computing, corpus, { ...budget, k: this.settings.k }, part),
      );
    }
    const common = await once(watch, 'common', expertCodec(computing.model.config), (part) =>
      trainCommonAdapter(computing, corpus, budget, part),
    );
    const { split: main } = mainOf(this.settings.plan);
    let mainExperts: MainExperts | undefined;
    for (const id of Object.keys(splits)) {
      const own = systems.filter((one) => isOfPiles(one) || isMerged(one)).filter(({ split }) => split === id);
      const compute = (part: Watch): Promise<SplitOutcome> =>
        this.expertsOf(id, splits[id], { systems: own, common, watch: part });
      const found = await once(watch, `systems of ${id}`, splitCodec(computing.model.config), compute);
      Object.assign(scores, found.scores);
      if (id === main) mainExperts = found.main;
    }
    if (mainExperts === undefined) throw new Error(`the comparison makes no split ${main}`);
    return { splits, scores: inOrder(scores, systems), main: mainExperts };
  }

  private async split(): Promise<Record<string, SplitResult>> {
    const { plan, methods, k, seed, em, groups = [] } = this.settings;
    const { computing, corpus } = this;
    const splits: Record<string, SplitResult> = {};
    for (const { id, method, values } of plan.splits) {
      splits[id] = await once(this.watch, `split ${id}`, plainCodec<SplitResult>(), (watch) => {
        const asked = { model: computing.model, computing, corpus, k, seed, groups, watch };
        return splitBy(methods, method, asked, { ...em, ...values });
      });
    }
    return splits;
  }

  /** The systems of one split: its experts under each of their weightings. */
  private async expertsOf(
    id: string,
    split: SplitResult,
    given: {
      readonly systems: readonly (SystemOfPiles | SystemOfMerge)[];
      readonly common: ExpertStack;
      readonly watch: Watch;
    },
  ): Promise<SplitOutcome> {
    const { computing, corpus, budget } = this;
    const { common, watch } = given;
    const [systems, merged] = [given.systems.filter(isOfPiles), given.systems.filter(isMerged)];
    const { entries, plan, seed, spaceFile } = this.settings;
    const named = { ...split, name: `${id} split` };
    const experts = await trainSplit(computing, corpus, named, { ...budget, common }, watch);
    const main = systems.find(({ role }) => role === 'main');
    const names = [...systems.map(({ cooperation }) => cooperation), ...(main ? plan.variants : [])];
    const file = main && spaceFile;
    const fits = await fitTo(computing, corpus, { ...split, ...experts, file }, { names, entries, seed }, watch);
    const found = await scoreMixtures(computing, corpus.test, experts, fits, { name: named.name, watch });
    const scores = Object.fromEntries(systems.map((system) => [system.id, found.scores[system.cooperation]]));
    for (const system of merged) scores[system.id] = await scoreMerged(computing, corpus, experts, watch);
    if (main === undefined) return { scores };
    const { cooperation } = main;
    const { single, byPile, uniform, oracle, tokenOracle } = found;
    const variants = Object.fromEntries(
      entries.flatMap(({ name, label }) => (plan.variants.includes(name) ? [[label, found.scores[name]]] : [])),
    );
    const labelled = {
      ...variants,
      ...found.tried[cooperation],
      'best expert of each document (oracle)': oracle,
      'best expert of each token (oracle)': tokenOracle,
    };
    const { weighting, validationNll } = fits[cooperation];
    const fitted = { weights: weighting.toJson(), figures: weighting.figures, validationNll };
    const routing = found.routing[cooperation];
    return { scores, main: { ...experts, fitted, single, byPile, uniform, variants: labelled, routing } };
  }
}

interface SplitOutcome {
  readonly scores: Readonly<Record<string, Scores>>;
  /** Of the main system's split. */
  readonly main?: MainExperts;
}

function inOrder(scores: Readonly<Record<string, Scores>>, systems: readonly ComparedSystem[]): Record<string, Scores> {
  return Object.fromEntries(systems.map(({ id }) => [id, scores[id]]));
}

/** How experts, the systems of a split, and all that a seed gave are kept in a checkpoint. */
function mainCodec(config: ModelConfig): Codec<MainExperts> {
  const stacks = expertCodec(config);
  return {
    save: ({ stack, ...rest }) => ({ stack: stacks.save(stack), rest }),
    restore: ({ stack, rest }) => ({ ...(rest as Omit<MainExperts, 'stack'>), stack: stacks.restore(stack as State) }),
  };
}

function splitCodec(config: ModelConfig): Codec<SplitOutcome> {
  const mains = mainCodec(config);
  return {
    save: ({ scores, main }) => ({ scores, ...(main && { main: mains.save(main) }) }),
    restore: ({ scores, main }) => ({
      scores: scores as SplitOutcome['scores'],
      ...(main === undefined ? {} : { main: mains.restore(main as State) }),
    }),
  };
}

function outcomeCodec(config: ModelConfig): Codec<SeedOutcome> {
  const mains = mainCodec(config);
  return {
    save: ({ main, ...rest }) => ({ main: mains.save(main), rest }),
    restore: ({ main, rest }) => ({ ...(rest as Omit<SeedOutcome, 'main'>), main: mains.restore(main as State) }),
  };
}
