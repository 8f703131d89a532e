/** Those who may be examined: each is asked, and what it made of the questions becomes an entrant. */
import { byWeight, sharesOf } from '../../council/choosing';
import { largest } from '../../council/election';
import type { Procedure } from '../../council/procedure';
import { procedureData } from '../../council/procedures/settings';
import { frameCount } from '../../council/questions';
import type { ChoiceScale } from '../../council/settings';
import type { KeptWeighting } from '../../engine/tasks/weighting';
import type { Entrant, ExamQuestion } from '../../evaluate/exam';
import type { Asking, Found, Judge } from '../shared/asking';
import { type Chosen, chosen, findings, judgeOf, type Seated, weightsOfSeats } from '../shared/seats';

export type Question = ExamQuestion & { readonly question: string };

interface Terms {
  readonly scale: ChoiceScale;
  readonly reword?: boolean | undefined;
}

/** What somebody made of questions; `favourites` where several sat together. */
type Answers = Omit<Chosen, 'favourites'> & Partial<Pick<Chosen, 'favourites'>>;

export class Candidates {
  constructor(
    private readonly asking: Asking,
    /** Experts in the stack. */
    private readonly k: number,
    private readonly terms: Terms,
  ) {}

  /** A council by a procedure; one whose members write first is asked as a whole. */
  async council(name: string, seated: Seated, procedure: Procedure, questions: readonly Question[]): Promise<Entrant> {
    const { seats, instruction } = seated;
    const { choosing } = procedure;
    const data = procedureData.find((one) => one.name === procedure.name);
    const calls = data?.choosing?.(seats.length) ?? (data?.calls(seats.length).written ?? 0) + seats.length;
    if (choosing === undefined) {
      const members = seats.map(({ index, role }) => ({ index, role }));
      const judge: Judge = { kind: 'council', members, instruction, procedure: procedure.name };
      return this.alone(name, judge, questions, calls);
    }
    const weights = choosing.weighs
      ? weightsOfSeats(await this.asking.posteriors(questions, this.k), seats)
      : questions.map(() => seats.map(() => 1 / seats.length));
    return this.entrant(name, calls, async (frame) => {
      const found: Found[][] = [];
      for (const seat of seats) found.push(await this.find(judgeOf(seat, instruction), questions, frame));
      return chosen(found, weights, choosing, this.terms.scale);
    });
  }

  expert(name: string, index: number, questions: readonly Question[]): Promise<Entrant> {
    return this.alone(name, judgeOf({ index, role: '' }, ''), questions, 1);
  }

  base(name: string, questions: readonly Question[]): Promise<Entrant> {
    return this.alone(name, { kind: 'base', role: '', instruction: '' }, questions, 1);
  }

  mixture(name: string, weighting: KeptWeighting | undefined, questions: readonly Question[]): Promise<Entrant> {
    const judge: Judge = { kind: 'mixture', ...(weighting && { weighting }) };
    return this.alone(name, judge, questions, this.k);
  }

  /** A bound: right where any member is. */
  anyRight(name: string, { seats, instruction }: Seated, questions: readonly Question[]): Promise<Entrant> {
    return this.entrant(name, seats.length, async () => {
      const found: Found[][] = [];
      for (const seat of seats) found.push(await this.find(judgeOf(seat, instruction), questions, 0));
      const equal = questions.map(() => seats.map(() => 1 / seats.length));
      const { favourites, whole, tokens } = chosen(found, equal, byWeight, this.terms.scale);
      const merits = questions.map(({ choices, correct }, q) => {
        const answer = favourites[q].includes(correct) ? correct : favourites[q][0];
        return choices.map((_, c) => Number(c === answer));
      });
      return { merits, together: merits, favourites, whole, tokens };
    });
  }

  /** The position of the expert that answers most of these questions right by itself, the first on a tie. */
  async bestExpert(questions: readonly Question[]): Promise<number> {
    const right: number[] = [];
    for (let index = 0; index < this.k; index++) {
      const found = await this.find(judgeOf({ index, role: '' }, ''), questions, 0);
      right.push(found.filter((own, q) => largest(sharesOf(own, this.terms.scale)) === questions[q].correct).length);
    }
    return largest(right);
  }

  private alone(name: string, judge: Judge, questions: readonly Question[], calls: number): Promise<Entrant> {
    const single = async (frame: number): Promise<Answers> => {
      const found = await this.find(judge, questions, frame);
      const { favourites: _, ...own } = chosen(
        [found],
        questions.map(() => [1]),
        byWeight,
        this.terms.scale,
      );
      return own;
    };
    return this.entrant(name, calls, single);
  }

  private find(judge: Judge, questions: readonly Question[], frame: number): Promise<Found[]> {
    return findings(this.asking, judge, questions, this.terms.scale, { frame });
  }

  private async entrant(name: string, calls: number, ask: (frame: number) => Promise<Answers>): Promise<Entrant> {
    const found = await ask(0);
    const reworded = this.terms.reword === true && frameCount > 1 ? { reworded: (await ask(1)).merits } : {};
    return { name, role: 'council', ...found, ...reworded, calls };
  }
}
