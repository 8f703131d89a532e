/** What is told of the tokens of an answer. */
import * as vscode from 'vscode';
import type { InlineAnswer, Told } from './answer';
import { leadingExpert, type Voice } from './models';

/** Neighbouring tokens in which the same voice has the most to say; `leader` is undefined where none has. */
export interface Run {
  readonly start: number;
  readonly end: number;
  readonly leader: Voice | undefined;
}

export function runsOf(told: readonly Told[], voices: readonly Voice[]): Run[] {
  const runs: Run[] = [];
  for (const { start, end, value } of told) {
    const at = leadingExpert(value.weights);
    const leader = at === undefined ? undefined : voices[at];
    const last = runs.at(-1);
    if (last?.end === start && last.leader === leader) runs[runs.length - 1] = { ...last, end };
    else runs.push({ start, end, leader });
  }
  return runs;
}

/** The token at a position: the weights of all experts, its probability, and what could have stood there. */
export function hoverOf(answer: InlineAnswer | undefined, position: vscode.Position): vscode.Hover | undefined {
  if (answer === undefined) return undefined;
  const offset = answer.document.offsetAt(position);
  const token = answer.told.find(({ start, end }) => start <= offset && offset < end);
  if (token === undefined) return undefined;
  const { weights, logProbability, alternatives } = token.value;
  const text = new vscode.MarkdownString();
  const likely = logProbability === null ? [] : [probability(logProbability), `${logProbability.toFixed(2)} nats`];
  text.appendMarkdown(`${[`**${code(token.value.text)}**`, ...likely].join(' · ')}\n\n`);
  const voices = weights.map((weight, i) => ({ weight, voice: answer.question.voices.at(i) }));
  for (const { weight, voice } of voices.sort((a, b) => b.weight - a.weight)) {
    if (voice === undefined) continue;
    text
      .appendMarkdown(`\`${bar(weight)}\` ${percent(weight)} **${voice.letter}** `)
      .appendText(voice.name)
      .appendMarkdown('  \n');
  }
  if (alternatives.length > 0) {
    const others = alternatives.map((other) => `${code(other.text)} ${probability(other.logProbability)}`);
    text.appendMarkdown(`\n\nMost probable here: ${others.join(' · ')}`);
  }
  return new vscode.Hover(text, answer.text.rangeOf(token));
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
const probability = (nats: number): string => percent(Math.exp(nats));

/** Ten places, for those who see more in a length than in a figure. */
const bar = (share: number): string => '█'.repeat(Math.round(10 * share)).padEnd(10, '░');

/** White space as marks, so that a token is seen whole; the empty one ends a text. */
function code(token: string): string {
  const shown = token.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '·').replaceAll('`', 'ˋ');
  return shown === '' ? '(end)' : `\`${shown}\``;
}
