/** What is read of questions with choices, before they are asked. */
import type { ModelConfig } from '../../model/architectures/config';
import { questionsTogether } from './asking';
import type { Lengths } from './estimate';

interface ChoiceQuestion {
  readonly question: string;
  readonly choices?: readonly string[] | undefined;
}

/** Tokens around a question: the prefix token, and how it is put. */
const around = 6;

export class AskedTokens {
  private readonly perCharacter: number;
  /** Tokens of a question with its choices, on average. */
  private readonly whole: number;
  private readonly measured: readonly number[];
  /** Characters of questions, those of their choices, and how many these are, on average. */
  private readonly mean: { readonly question: number; readonly choices: number; readonly count: number };

  /** Of the questions whose lengths, with their choices, were measured. */
  constructor(questions: readonly ChoiceQuestion[], lengths: Lengths, { maxPositions }: ModelConfig) {
    const meanOf = (size: (question: ChoiceQuestion) => number): number =>
      questions.reduce((sum, question) => sum + size(question), 0) / Math.max(1, questions.length);
    this.mean = {
      question: meanOf(({ question }) => question.length),
      choices: meanOf(({ choices = [] }) => choices.join(' ').length),
      count: meanOf(({ choices = [] }) => choices.length),
    };
    this.perCharacter = lengths.mean(Infinity) / Math.max(1, this.mean.question + this.mean.choices);
    this.whole = lengths.mean(maxPositions);
    this.measured = lengths.drawn(questions.length, maxPositions);
  }

  /** Of the longest question with its choices, up to a limit. */
  longest(limit: number): number {
    return Math.min(limit, around + Math.max(...this.measured));
  }

  /** Of one question under one who is told these texts before: what is told is read once for the questions of a task. */
  under(told: readonly string[], questions: number): number {
    const before = this.perCharacter * told.join('\n').length;
    // The last token of a choice is predicted, and not read.
    return around + this.whole - this.mean.count + (before * Math.ceil(questions / questionsTogether)) / questions;
  }

  /** Of one question alone. */
  get question(): number {
    const { question, choices } = this.mean;
    return (this.whole * question) / Math.max(1, question + choices);
  }

  /** Of one question whose choices are each read with the question before them. */
  get choiceByChoice(): number {
    return (this.mean.count - 1) * (around + this.question) + around + this.whole;
  }
}
