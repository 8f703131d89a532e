/** Those who may be examined: each is asked, and what it made of the questions becomes an entrant. */
import { byWeight } from '../../council/choosing';
import { largest, oneOf } from '../../council/election';
import type { Procedure } from '../../council/procedure';
import { procedureData } from '../../council/procedures/settings';
import { frameCount } from '../../council/questions';
import type { ChoiceScale } from '../../council/settings';
import type { KeptWeighting } from '../../engine/tasks/weighting';
import type { Entrant, ExamQuestion } from '../../evaluate/exam';
import type { Asking, Found, Judge } from '../shared/asking';
import {
  type Chosen,
  chosen,
  findings,
  isExpertSeat,
  judgeOf,
  meetingOf,
  type Seated,
  taking,
  weightsOfSeats,
} from '../shared/seats';

export type Question = ExamQuestion & { readonly question: string };

interface Terms {
  readonly scale: ChoiceScale;
  readonly reword?: boolean | undefined;
}

/** What somebody made of questions; `favourites` where several sat together. */
type Answers = Omit<Chosen, 'favourites'> & Partial<Pick<Chosen, 'favourites'>>;

const evenly = (questions: readonly Question[], members: number): number[][] =>
  questions.map(() => new Array<number>(members).fill(1 / members));

export class Candidates {
  constructor(
    private readonly asking: Asking,
    /** Experts in the stack. */
    private readonly k: number,
    private readonly terms: Terms,
  ) {}

  /** A council by a procedure; one whose members write first is asked as a whole. */
  async council(name: string, whole: Seated, procedure: Procedure, questions: readonly Question[]): Promise<Entrant> {
    const { choosing } = procedure;
    const seated = taking(whole, procedure.name);
    const calls = callsOf(seated, procedure);
    if (choosing === undefined) {
      return this.alone(name, meetingOf(seated, procedure, this.terms.scale), questions, calls);
    }
    const { seats } = seated;
    const weights = choosing.weighs
      ? weightsOfSeats(await this.asking.posteriors(questions, this.k), seats)
      : evenly(questions, seats.length);
    return this.entrant(name, calls, async (frame) => {
      const found = await this.findEach(seated, questions, frame);
      return chosen(found, weights, choosing, this.terms.scale, questions);
    });
  }

  expert(name: string, index: number, questions: readonly Question[]): Promise<Entrant> {
    return this.alone(name, judgeOf({ index, role: '' }, ''), questions, 1);
  }

  /** A chat model of the council, without a role. */
  chat(name: string, chat: string, questions: readonly Question[]): Promise<Entrant> {
    return this.alone(name, judgeOf({ chat, role: '' }, ''), questions, 1);
  }

  base(name: string, questions: readonly Question[]): Promise<Entrant> {
    return this.alone(name, { kind: 'base', role: '', instruction: '' }, questions, 1);
  }

  mixture(name: string, weighting: KeptWeighting | undefined, questions: readonly Question[]): Promise<Entrant> {
    const judge: Judge = { kind: 'mixture', ...(weighting && { weighting }) };
    return this.alone(name, judge, questions, this.k);
  }

  /** A bound: right where any member is. */
  anyRight(name: string, seated: Seated, questions: readonly Question[]): Promise<Entrant> {
    const { length } = seated.seats;
    return this.entrant(name, length, async () => {
      const found = await this.findEach(seated, questions, 0);
      const answers = chosen(found, evenly(questions, length), byWeight, this.terms.scale, questions);
      const merits = questions.map(({ choices, correct }, q) => {
        const { [q]: favourites } = answers.favourites;
        return oneOf(favourites.includes(correct) ? correct : favourites[0], choices.length);
      });
      return { ...answers, merits, together: merits };
    });
  }

  /** The position of the expert that answers most of these questions right by itself, the first on a tie. */
  async bestExpert(questions: readonly Question[]): Promise<number> {
    const right: number[] = [];
    for (let index = 0; index < this.k; index++) {
      const found = await this.find(judgeOf({ index, role: '' }, ''), questions, 0);
      const { favourites } = chosen([found], evenly(questions, 1), byWeight, this.terms.scale, questions);
      right.push(favourites.filter(([favourite], q) => favourite === questions[q].correct).length);
    }
    return largest(right);
  }

  private alone(name: string, judge: Judge, questions: readonly Question[], calls: number): Promise<Entrant> {
    const single = async (frame: number): Promise<Answers> => {
      const found = await this.find(judge, questions, frame);
      const { favourites: _, ...own } = chosen([found], evenly(questions, 1), byWeight, this.terms.scale, questions);
      return own;
    };
    return this.entrant(name, calls, single);
  }

  private async findEach(
    { seats, instruction }: Seated,
    questions: readonly Question[],
    frame: number,
  ): Promise<Found[][]> {
    const found: Found[][] = [];
    for (const seat of seats) found.push(await this.find(judgeOf(seat, instruction), questions, frame));
    return found;
  }

  private find(judge: Judge, questions: readonly Question[], frame: number): Promise<Found[]> {
    return findings(this.asking, judge, questions, this.terms.scale, { frame });
  }

  private async entrant(name: string, calls: number, ask: (frame: number) => Promise<Answers>): Promise<Entrant> {
    const found = await ask(0);
    const again = this.terms.reword === true && frameCount > 1 ? await ask(1) : undefined;
    const abstained = found.abstained + (again?.abstained ?? 0);
    return { name, role: 'council', ...found, abstained, ...(again && { reworded: again.merits }), calls };
  }
}

/** Questions put to one model for one answer: a chat model is not asked how probable the question is to it. */
function callsOf({ seats }: Seated, { name, choosing }: Procedure): number {
  const data = procedureData.find((one) => one.name === name);
  if (choosing === undefined) return (data?.calls(seats.length).written ?? 0) + seats.length;
  const experts = seats.filter(isExpertSeat).length;
  return (data?.choosing?.(experts) ?? experts) + seats.length - experts;
}
