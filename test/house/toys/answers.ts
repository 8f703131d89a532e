import type { ListChoice, ListLine, PickList, WrittenLine } from '../../../extension/wizard/boxes';
import type { Questions } from '../../../extension/wizard/rows';
import type { NumberQuestion } from '../../../extension/wizard/steps';
import { parseNumber } from '../../../extension/wizard/numbers';

/** Answers the questions of a wizard's rows as a person does: by the labels of lines and by what is written. */
export class Answers implements Questions {
  /** What was asked, in order. */
  readonly prompts: string[] = [];

  constructor(private readonly answers: string[]) {}

  pick<T>({ placeholder, lines }: Pick<PickList<T>, 'placeholder' | 'lines'>): Promise<T> {
    this.prompts.push(placeholder);
    return Promise.resolve(this.choose(lines));
  }

  pickMany<T>({ placeholder, lines }: Pick<PickList<T>, 'placeholder' | 'lines'>): Promise<readonly T[]> {
    this.prompts.push(placeholder);
    return Promise.resolve([this.choose(lines)]);
  }

  text({ prompt, check }: WrittenLine): Promise<string> {
    this.prompts.push(prompt);
    const written = this.next();
    const wrong = check(written);
    return wrong === undefined ? Promise.resolve(written) : Promise.reject(new Error(wrong));
  }

  number({ prompt, ...bounds }: NumberQuestion): Promise<number> {
    this.prompts.push(prompt);
    const number = parseNumber(this.next(), bounds);
    return typeof number === 'number' ? Promise.resolve(number) : Promise.reject(new Error(number));
  }

  private choose<T>(lines: readonly ListLine<T>[]): T {
    const label = this.next();
    const found = lines.find((line): line is ListChoice<T> => 'value' in line && line.label === label);
    if (found === undefined)
      throw new Error(`no line is called ${label}: ${lines.map((line) => line.label).join(', ')}`);
    return found.value;
  }

  private next(): string {
    const answer = this.answers.shift();
    if (answer === undefined) throw new Error(`nothing answers ${this.prompts.at(-1)}`);
    return answer;
  }
}
