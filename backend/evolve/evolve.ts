/** The loop of evolution: propose, ask, choose, generation by generation, within a budget of calls. */
import type { Watch } from '../base/progress';
import type { Algorithm, Generation, Tools } from './algorithm';
import { type Judged, keyOf, type Mark, type Proposal, wordCount } from './candidate';
import { BudgetSpentError, type Examiner } from './examiner';
import { type FitnessWeights, scoresOf } from './fitness';
import { blocksOf, hasLost, type Runner } from './race';
import { fittest } from './selection';

export interface EvolutionSettings {
  /** Candidates of a generation. */
  readonly size: number;
  readonly generations: number;
  readonly weights: FitnessWeights;
  /** Questions of a block of a race; no race where it is undefined. */
  readonly block?: number | undefined;
}

export interface Evolution {
  /** Of all that were asked everything, of whichever generation: the last one need not hold it (GPS). */
  readonly best: Judged;
  /** All candidates, in the order in which they were made. */
  readonly archive: readonly Judged[];
  /** Proposals that had the texts of an earlier candidate. */
  readonly twins: number;
  /** `exhausted`: generation after generation held nothing new. */
  readonly ended: 'generations' | 'budget' | 'exhausted';
}

/** Generations without anything new, one after another, after which nothing new is expected. */
const mostIdle = 20;

/** What is told after each generation. */
export type OnGeneration = (generation: number, best: Judged, archive: readonly Judged[]) => void;

/**
 * Evolves from these seeds, the first of which is the council as it is. The same seeds, random numbers, operators and examiner give
 * the same candidates. Throws what examiner and operators throw, but for a spent budget, which ends it; the examiner's budget has to
 * reach for the first seed.
 */
export async function evolve(
  algorithm: Algorithm,
  seeds: readonly Proposal[],
  examiner: Examiner,
  tools: Tools,
  settings: EvolutionSettings,
  watch: Pick<Watch, 'signal'>,
  onGeneration: OnGeneration = () => undefined,
): Promise<Evolution> {
  const contest = new Contest(examiner, tools, settings, wordCount(seeds[0].components));
  let ended: Evolution['ended'] = 'generations';
  try {
    const first = await contest.judge(seeds, 0, []);
    let population: readonly Judged[] = fittest(first, settings.size);
    const begun = first;
    onGeneration(0, contest.best, contest.archive);
    let idle = 0;
    for (let number = 1; number <= settings.generations; number++) {
      watch.signal.throwIfAborted();
      const component = (number - 1) % seeds[0].components.length;
      const generation: Generation = { population, seeds: begun, component, size: settings.size };
      const children = await contest.judge(await algorithm.propose(generation, tools), number, population);
      population = fittest(algorithm.survive(generation, children), settings.size);
      onGeneration(number, contest.best, contest.archive);
      idle = children.length === 0 ? idle + 1 : 0;
      if (idle === mostIdle) {
        ended = 'exhausted';
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof BudgetSpentError) || contest.archive.length === 0) throw error;
    ended = 'budget';
  }
  return { best: contest.best, archive: contest.archive, twins: contest.twins, ended };
}

/** Numbers candidates, drops twins and has questions asked. */
class Contest {
  readonly archive: Judged[] = [];
  twins = 0;
  private readonly known = new Set<string>();

  constructor(
    private readonly examiner: Examiner,
    private readonly tools: Tools,
    private readonly settings: EvolutionSettings,
    private readonly firstWords: number,
  ) {}

  get best(): Judged {
    return fittest(
      this.archive.filter(({ dropped }) => !dropped),
      1,
    )[0];
  }

  /** Those of the proposals that are new and did not lose the race against each other and the population. */
  async judge(proposals: readonly Proposal[], generation: number, population: readonly Judged[]): Promise<Judged[]> {
    const fresh = proposals.filter(({ components }) => this.isNew(keyOf(components)));
    const { size, block } = this.settings;
    const racing = block !== undefined && generation > 0;
    const blocks = racing
      ? blocksOf(this.examiner.questions, block, this.best.marks, this.tools.random)
      : [Array.from({ length: this.examiner.questions }, (_, question) => question)];
    const entrants = fresh.map((proposal) => ({ proposal, marks: new Map<number, Mark>(), dropped: false }));
    const rivals: Runner[] = population.map(({ marks }) => ({ marks: new Map(marks) }));
    try {
      for (const [at, questions] of blocks.entries()) {
        for (const entrant of entrants.filter(({ dropped }) => !dropped)) {
          const marks = await this.examiner.examine(entrant.proposal.components, questions);
          marks.forEach((mark, i) => entrant.marks.set(questions[i], mark));
        }
        if (at === blocks.length - 1) break;
        const running = entrants.filter(({ dropped }) => !dropped);
        const lost = running.filter((entrant) => hasLost(entrant, [...rivals, ...running], size));
        for (const entrant of lost) entrant.dropped = true;
      }
    } finally {
      // What was asked before the budget was spent counts: who was asked everything may be the best.
      for (const { proposal, marks, dropped } of entrants) {
        if (marks.size > 0) this.keep(proposal, generation, marks, dropped || marks.size < this.examiner.questions);
      }
    }
    return this.archive.filter((one) => one.generation === generation && !one.dropped);
  }

  private isNew(key: string): boolean {
    if (this.known.has(key)) {
      this.twins++;
      return false;
    }
    this.known.add(key);
    return true;
  }

  private keep(proposal: Proposal, generation: number, marks: Map<number, Mark>, dropped: boolean): void {
    const scores = scoresOf(
      [...marks.values()],
      wordCount(proposal.components),
      this.firstWords,
      this.settings.weights,
    );
    this.archive.push({ ...proposal, number: this.archive.length, generation, marks, scores, dropped });
  }
}
