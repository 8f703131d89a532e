/** A council that is asked under the texts of candidates. */
import { byWeight } from '../../council/choosing';
import { largest } from '../../council/election';
import type { Procedure } from '../../council/procedure';
import type { ChoiceScale } from '../../council/settings';
import { emptyQuestion } from '../../council/questions';
import type { Components, Mark } from '../../evolve/candidate';
import type { CallBudget, Examiner } from '../../evolve/examiner';
import type { QuestionRecord } from '../../protocol/records';
import { type Asking, isChatty, type Judge } from '../shared/asking';
import { chosen, findings, judgeOf, meetingOf, type Seat, type Seated, taking, weightsOfSeats } from '../shared/seats';

interface Question {
  readonly question: string;
  readonly choices: readonly string[];
  readonly correct: number;
}

/** How answers count, what may be asked, and who hears of questions that were put to a member. */
interface ExaminerTerms {
  readonly scale: ChoiceScale;
  readonly budget: CallBudget;
  readonly onAsked: (questions: number) => void;
}

export class CouncilExaminer implements Examiner {
  private constructor(
    private readonly asking: Asking,
    private readonly seats: readonly Seat[],
    private readonly procedure: Procedure,
    private readonly asked: readonly Question[],
    /** P(member | question), [questions][members]: of the words of the question, whatever members are told; none where it does not count. */
    private readonly weights: readonly (readonly number[])[],
    private readonly scale: ChoiceScale,
    readonly budget: CallBudget,
    private readonly onAsked: (questions: number) => void,
  ) {}

  /** `k` is the number of experts, of whom some may not sit there. */
  static async begin(
    asking: Asking,
    { seats, k }: { readonly seats: readonly Seat[]; readonly k: number },
    procedure: Procedure,
    questions: readonly QuestionRecord[],
    { scale, budget, onAsked }: ExaminerTerms,
  ): Promise<CouncilExaminer> {
    const asked = questions.map(({ question, choices = [], correct = 0 }) => ({ question, choices, correct }));
    const weighs = procedure.choosing?.weighs === true;
    const seated = taking({ seats, instruction: '' }, procedure.name).seats;
    const weights = weighs ? weightsOfSeats(await asking.posteriors(asked, k), seated) : asked.map(() => []);
    return new CouncilExaminer(asking, seats, procedure, asked, weights, scale, budget, onAsked);
  }

  get questions(): number {
    return this.asked.length;
  }

  /** Roles of the seats, then the instruction. */
  async examine(components: Components, questions: readonly number[]): Promise<Mark[]> {
    const judges = this.judgesOf(components);
    const asked = questions.map((question) => this.asked[question]);
    this.budget.take(judges.reduce((sum, judge) => sum + this.callsOf(judge, asked), 0));
    const found = [];
    for (const judge of judges)
      found.push(await findings(this.asking, judge, asked, this.scale, { onAsked: this.onAsked }));
    const choosing = this.procedure.choosing ?? byWeight;
    const weights = questions.map((question) => (this.procedure.choosing === undefined ? [1] : this.weights[question]));
    const { merits, together, favourites } = chosen(found, weights, choosing, this.scale, asked);
    return merits.map((own, i) => ({
      right: own.length > 0 && largest(own) === asked[i].correct,
      shares: together[i],
      correct: asked[i].correct,
      favourites: favourites[i],
    }));
  }

  /** The members, each by itself; all of them as one where they write before they choose. */
  private judgesOf(components: Components): Judge[] {
    const seated = this.seatedUnder(components);
    if (this.procedure.choosing !== undefined) {
      return seated.seats.map((seat) => judgeOf(seat, seated.instruction));
    }
    return [meetingOf(seated, this.procedure, this.scale)];
  }

  /** Those that have a part in the procedure, under these texts. */
  private seatedUnder(components: Components): Seated {
    const seats = this.seats.map((seat, i) => ({ ...seat, role: components[i] }));
    return taking({ seats, instruction: components[this.seats.length] }, this.procedure.name);
  }

  private callsOf(judge: Judge, asked: readonly Question[]): number {
    const empty =
      this.scale === 'calibrated' && !isChatty(judge)
        ? asked.map(({ choices }) => ({ question: emptyQuestion, choices }))
        : [];
    const each = judge.kind === 'council' || judge.kind === 'meeting' ? judge.members.length : 1;
    return each * this.asking.unknown(judge, [...asked, ...empty]);
  }
}
