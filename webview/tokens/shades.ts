/** What tokens can be coloured by. */
import type { ShadeName, Token, Voice } from './protocol';
import { leaderOf, lookOfVoice } from './weights';

export interface Shade {
  readonly label: string;
  readonly detail: string;
  /** The look of a token, for styles; empty where it has none. */
  readonly lookOf: (token: Token, voices: readonly Voice[]) => string;
}

export const shades: Readonly<Record<ShadeName, Shade>> = {
  expert: {
    label: 'Leading expert',
    detail: 'The colour of the expert that has most to say, the stronger the more it has',
    lookOf: ({ weights }, voices) => {
      const leader = leaderOf(weights);
      if (leader === undefined || voices.length === 0) return '';
      return `${lookOfVoice(voices[leader])}; --share: ${shareOf(weights[leader])}`;
    },
  },
  surprise: {
    label: 'Surprise',
    detail: 'How improbable a token was: from 0 nats to 8 and more',
    lookOf: ({ logProbability }) => (logProbability === null ? '' : strength(-logProbability / 8)),
  },
  division: {
    label: 'Division',
    detail: 'How evenly the say lay with the experts: from one that had all to equal shares',
    lookOf: ({ weights }) => (weights.length < 2 ? '' : strength(entropy(weights) / Math.log(weights.length))),
  },
};

/** A colour and a line that is the wider the more there is, from 0 to 1. */
function strength(much: number): string {
  const part = Math.min(1, Math.max(0, much));
  return `--color: var(--vscode-charts-orange); --line: ${Math.round(4 * part)}px solid; --share: ${shareOf(part)}`;
}

/** So much colour at most that the text on it can be read in every theme. */
const shareOf = (part: number): string => `${Math.round(5 + 20 * part)}%`;

/** Nats. */
const entropy = (weights: readonly number[]): number =>
  weights.reduce((sum, weight) => sum - (weight > 0 ? weight * Math.log(weight) : 0), 0);
