/** Who can be asked, and whom an answer is made of. */
import { UserError } from '../../backend/base/errors';
import { baseVoice, letterIndex } from '../../backend/base/letter';
import type { AnsweringModel } from '../../backend/protocol/answers';
import { voiceOf } from '../../backend/protocol/members';
import type { BackendClient } from '../backend/client';
import { MissingStep } from '../errors/missing';
import { steps } from '../steps';

/** One of those whose weights an answer tells. */
export interface Voice {
  readonly letter: string;
  readonly name: string;
  /** The number of its letter: it has this colour everywhere. The base model and chat models have none. */
  readonly index?: number;
}

/** Throws MissingStep where experts or their mixer are to be made first, UserError where nobody has this name. */
export async function modelNamed(client: BackendClient, id: string): Promise<AnsweringModel> {
  const models = await client.call('models/list', {});
  const found = models.find((model) => model.id === id);
  if (found !== undefined) return found;
  if (models.every((model) => model.id === 'base')) throw noExperts();
  if (id === 'mixture') throw noMixer();
  const names = models.slice(0, 12).map((model) => model.id);
  throw new UserError(`There is no model ${id}.`, `There are ${names.join(', ')}.`);
}

function noExperts(): MissingStep {
  return new MissingStep(
    'There are no experts in this project yet.',
    'Train experts on the piles of a dataset, or ask the base model.',
    [steps.train, { title: 'Ask the Base Model', command: 'polymath.askWith', arguments: ['base'] }],
  );
}

function noMixer(): MissingStep {
  return new MissingStep(
    'These experts have no mixer yet, which says how much each of them has to say.',
    'Train one, or ask them with equal weights.',
    [steps.mix, { title: 'Ask with Equal Weights', command: 'polymath.askWith', arguments: ['uniform'] }],
  );
}

/** In the order in which an answer of this model tells their weights; none for the base model. */
export async function voicesOf(client: BackendClient, { id, experts, withBase }: AnsweringModel): Promise<Voice[]> {
  if (experts === undefined) return [];
  const set = await client.call('experts/get', { experts });
  const voices = set.experts.map(({ letter, name }, i): Voice => ({ letter, name, index: letterIndex(letter) ?? i }));
  const [name] = id.split('@');
  if (name.startsWith('expert-')) return voices.filter(({ letter }) => name === `expert-${letter.toLowerCase()}`);
  if (withBase === true) return [...voices, baseVoice];
  if (!id.startsWith('council:')) return voices;
  const { items } = await client.call('councils/list', { limit: 1000 });
  const members = items.find((council) => `council:${council.name}` === id)?.members ?? [];
  return members.flatMap((member) => voiceOf(member, voices));
}

/** Position of the voice that has more to say than every other; undefined where none has. */
export function leadingExpert(weights: readonly number[]): number | undefined {
  const most = Math.max(...weights);
  const second = Math.max(...weights.filter((_, i) => i !== weights.indexOf(most)));
  return most - second > 1e-9 ? weights.indexOf(most) : undefined;
}

/** "A Law 62 % · B Sport 38 %": the mean weight of each voice over the tokens, where there are any. */
export function sharesText(
  voices: readonly Voice[],
  tokens: readonly { readonly weights: readonly number[] }[],
): string {
  const mean = (voice: number): number =>
    tokens.reduce((sum, { weights }) => sum + (weights[voice] ?? 0), 0) / tokens.length;
  const share = (voice: number): string => (tokens.length > 0 ? ` ${Math.round(100 * mean(voice))} %` : '');
  return voices.map(({ letter, name }, i) => `${letter} ${name}${share(i)}`).join(' · ');
}

/** A model as sentences name it. */
export function answererTitle(id: string): string {
  const [name] = id.split('@');
  if (name === 'base') return 'the base model';
  if (name === 'uniform') return 'the experts with equal weights';
  if (name.startsWith('expert-')) return `expert ${name.slice('expert-'.length).toUpperCase()}`;
  return name.startsWith('council:') ? `the council ${name.slice('council:'.length)}` : 'the mixture';
}
