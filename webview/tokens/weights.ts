import { lookOf } from '../../backend/base/look';
import { seriesValue } from '../shared/theme';
import type { Token, Voice } from './protocol';

export const colorOf = ({ index }: Voice): string =>
  index === undefined ? 'var(--vscode-descriptionForeground)' : seriesValue(index);

/** The colour of a voice and how what it leads is underlined, for styles. */
export function lookOfVoice(voice: Voice): string {
  const { style, width } = lookOf(voice.index ?? 0).line;
  return `--color: ${colorOf(voice)}; --line: ${width}px ${style}`;
}

/** Position of the expert that has more to say than every other; undefined where none has. */
export function leaderOf(weights: readonly number[]): number | undefined {
  const most = Math.max(...weights);
  const at = weights.indexOf(most);
  const second = Math.max(...weights.filter((_, i) => i !== at));
  return most - second > 1e-9 ? at : undefined;
}

/** The mean weight of each of k experts. */
export function sharesOf(tokens: readonly Pick<Token, 'weights'>[], k: number): number[] {
  // Nobody had a say about the first token of a text.
  const weighed = tokens.filter(({ weights }) => weights.length > 0);
  return Array.from({ length: k }, (_, i) => {
    return weighed.reduce((sum, { weights }) => sum + (weights[i] ?? 0), 0) / Math.max(1, weighed.length);
  });
}

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
