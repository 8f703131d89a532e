/** An exam in which choices are judged, or named by chat models. */
import { byWeight } from '../../council/choosing';
import { largest, oneOf } from '../../council/election';
import type { Procedure } from '../../council/procedure';
import { frameCount } from '../../council/questions';
import type { ChoiceScale } from '../../council/settings';
import type { KeptWeighting } from '../../engine/tasks/weighting';
import { type Choices, markChoices } from '../../evaluate/exam-choices';
import type { Asking, Found, Judge } from '../shared/asking';
import {
  type Chosen,
  chosen,
  findings,
  judgeOf,
  meetingOf,
  type Seated,
  taking,
  weightsOfSeats,
} from '../shared/seats';
import { type Candidates, callsOf, type Question, type Sat } from './work-candidates';

interface Terms {
  readonly scale: ChoiceScale;
  readonly reword?: boolean | undefined;
}

/** What somebody made of questions. */
type Answers = Omit<Chosen, 'favourites'> & Choices;

const evenly = (questions: readonly Question[], members: number): number[][] =>
  questions.map(() => new Array<number>(members).fill(1 / members));

export class ChoosingCandidates implements Candidates {
  constructor(
    private readonly asking: Asking,
    /** Experts in the stack. */
    private readonly k: number,
    private readonly terms: Terms,
  ) {}

  /** One whose members write first is asked as a whole. */
  async council(name: string, whole: Seated, procedure: Procedure, questions: readonly Question[]): Promise<Sat> {
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
    return this.entrant(name, calls, questions, async (frame) => {
      const found = await this.findEach(seated, questions, frame);
      return chosen(found, weights, choosing, this.terms.scale, questions);
    });
  }

  expert(name: string, index: number, questions: readonly Question[]): Promise<Sat> {
    return this.alone(name, judgeOf({ index, role: '' }, ''), questions, 1);
  }

  chat(name: string, chat: string, questions: readonly Question[]): Promise<Sat> {
    return this.alone(name, judgeOf({ chat, role: '' }, ''), questions, 1);
  }

  base(name: string, questions: readonly Question[]): Promise<Sat> {
    return this.alone(name, { kind: 'base', role: '', instruction: '' }, questions, 1);
  }

  mixture(name: string, weighting: KeptWeighting | undefined, questions: readonly Question[]): Promise<Sat> {
    const judge: Judge = { kind: 'mixture', ...(weighting && { weighting }) };
    return this.alone(name, judge, questions, this.k);
  }

  anyRight(name: string, seated: Seated, questions: readonly Question[]): Promise<Sat> {
    const { length } = seated.seats;
    return this.entrant(name, length, questions, async () => {
      const found = await this.findEach(seated, questions, 0);
      const answers = chosen(found, evenly(questions, length), byWeight, this.terms.scale, questions);
      const merits = questions.map(({ choices, correct }, q) => {
        const { [q]: favourites } = answers.favourites;
        return oneOf(favourites.includes(correct) ? correct : favourites[0], choices.length);
      });
      return { ...answers, merits, together: merits };
    });
  }

  async bestExpert(questions: readonly Question[]): Promise<number> {
    const right: number[] = [];
    for (let index = 0; index < this.k; index++) {
      const found = await this.find(judgeOf({ index, role: '' }, ''), questions, 0);
      const { favourites } = chosen([found], evenly(questions, 1), byWeight, this.terms.scale, questions);
      right.push(favourites.filter(([favourite], q) => favourite === questions[q].correct).length);
    }
    return largest(right);
  }

  private alone(name: string, judge: Judge, questions: readonly Question[], calls: number): Promise<Sat> {
    const single = async (frame: number): Promise<Answers> => {
      const found = await this.find(judge, questions, frame);
      const { favourites: _, ...own } = chosen([found], evenly(questions, 1), byWeight, this.terms.scale, questions);
      return own;
    };
    return this.entrant(name, calls, questions, single);
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

  private async entrant(
    name: string,
    calls: number,
    questions: readonly Question[],
    ask: (frame: number) => Promise<Answers>,
  ): Promise<Sat> {
    const found = await ask(0);
    const again = this.terms.reword === true && frameCount > 1 ? await ask(1) : undefined;
    const { whole, tokens } = found;
    const abstained = found.abstained + (again?.abstained ?? 0);
    const marks = markChoices(questions, { ...found, ...(again && { reworded: again.merits }) });
    return { name, ...marks, whole, abstained, calls, tokens };
  }
}
