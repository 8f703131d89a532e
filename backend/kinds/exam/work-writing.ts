/** An exam in which answers are written freely. */
import { largest } from '../../council/election';
import type { Procedure } from '../../council/procedure';
import { procedureData } from '../../council/procedures/settings';
import { frameCount } from '../../council/questions';
import type { KeptWeighting } from '../../engine/tasks/weighting';
import { mean } from '../../evaluate/exam';
import { markReplies } from '../../evaluate/exam-replies';
import type { Asking, Judge } from '../shared/asking';
import { judgeOf, meetingOf, type Seated, taking } from '../shared/seats';
import type { Candidates, Question, Sat } from './work-candidates';

interface Terms {
  readonly replyTokens: number;
  readonly reword?: boolean | undefined;
}

const answersOf = (questions: readonly Question[]): (readonly string[])[] => questions.map(({ choices }) => choices);

export class WritingCandidates implements Candidates {
  constructor(
    private readonly asking: Asking,
    /** Experts in the stack. */
    private readonly k: number,
    private readonly terms: Terms,
  ) {}

  council(name: string, whole: Seated, procedure: Procedure, questions: readonly Question[]): Promise<Sat> {
    const seated = taking(whole, procedure.name);
    const calls = procedureData.find((one) => one.name === procedure.name)?.calls(seated.seats.length);
    return this.sat(
      name,
      meetingOf(seated, procedure, 'length'),
      (calls?.written ?? 0) + (calls?.judged ?? 0),
      questions,
    );
  }

  expert(name: string, index: number, questions: readonly Question[]): Promise<Sat> {
    return this.sat(name, judgeOf({ index, role: '' }, ''), 1, questions);
  }

  chat(name: string, chat: string, questions: readonly Question[]): Promise<Sat> {
    return this.sat(name, judgeOf({ chat, role: '' }, ''), 1, questions);
  }

  base(name: string, questions: readonly Question[]): Promise<Sat> {
    return this.sat(name, { kind: 'base', role: '', instruction: '' }, 1, questions);
  }

  mixture(name: string, weighting: KeptWeighting | undefined, questions: readonly Question[]): Promise<Sat> {
    return this.sat(name, { kind: 'mixture', ...(weighting && { weighting }) }, this.k, questions);
  }

  async anyRight(name: string, { seats, instruction }: Seated, questions: readonly Question[]): Promise<Sat> {
    const alone: Sat[] = [];
    for (const seat of seats) alone.push(await this.sat(name, judgeOf(seat, instruction), 1, questions, false));
    const best = questions.map((_, q) => alone[largest(alone.map(({ points }) => points[q]))]);
    const said = best.map(({ beside }, q) => beside.said?.[q] ?? '');
    const marks = markReplies(answersOf(questions), said);
    return {
      ...{ name, ...marks, calls: seats.length },
      whole: questions.map((_, q) => alone.every(({ whole }) => whole[q])),
      abstained: alone.reduce((sum, { abstained }) => sum + abstained, 0),
      tokens: alone.reduce((sum, { tokens }) => sum + tokens, 0),
    };
  }

  async bestExpert(questions: readonly Question[]): Promise<number> {
    const points: number[] = [];
    for (let index = 0; index < this.k; index++) {
      const alone = await this.sat('', judgeOf({ index, role: '' }, ''), 1, questions, false);
      points.push(mean(alone.points));
    }
    return largest(points);
  }

  private async sat(
    name: string,
    judge: Judge,
    calls: number,
    questions: readonly Question[],
    reword = this.terms.reword === true && frameCount > 1,
  ): Promise<Sat> {
    const asked = questions.map(({ question }) => question);
    const write = (frame: number) => this.asking.write(judge, asked, frame, this.terms.replyTokens);
    const written = await write(0);
    const again = reword ? await write(1) : [];
    const texts = written.map(({ text }) => text);
    const reworded = reword ? again.map(({ text }) => text) : undefined;
    return {
      ...{ name, calls, ...markReplies(answersOf(questions), texts, reworded) },
      whole: written.map(({ cut }) => !cut),
      abstained: [...written, ...again].reduce((sum, { abstained }) => sum + abstained, 0),
      tokens: mean(written.map(({ read }) => read)),
    };
  }
}
