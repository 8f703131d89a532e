import { createHash } from 'node:crypto';
import { UserError } from '../../backend/base/errors';
import { createRandom } from '../../backend/base/random';
import type { Corpus, Document } from '../../backend/corpus/document';

export interface SplitOptions {
  readonly seed?: number;
  /** Share of the documents that becomes the validation side; default 0.1. */
  readonly validation?: number;
  /** Share of the documents that becomes the test side; default 0.1. */
  readonly test?: number;
}

type Side = 'train' | 'validation' | 'test';

/**
 * Splits documents at random, the same way for the same seed; each side keeps the order of the input.
 * Documents whose texts are equal but for letter case and white space end on the same side. A side with a fraction
 * above 0 gets at least one document.
 * Throws UserError when the documents hold fewer different texts than there are sides to fill, RangeError for fractions
 * that leave nothing to train on.
 */
export function splitCorpus(name: string, documents: readonly Document[], options: SplitOptions = {}): Corpus {
  const fractions = { test: options.test ?? 0.1, validation: options.validation ?? 0.1 };
  if (!(fractions.test >= 0 && fractions.validation >= 0 && fractions.test + fractions.validation < 1)) {
    throw new RangeError(`Fractions ${fractions.validation} and ${fractions.test} leave no documents to train on.`);
  }
  const held = (['test', 'validation'] as const).filter((side) => fractions[side] > 0);
  const groups: readonly (readonly number[])[] = createRandom(options.seed ?? 0).shuffle(groupByText(documents));
  if (groups.length < held.length + 1) {
    throw new UserError(
      `The corpus ${name} has ${groups.length} different texts, too few to split into ${held.length + 1} sides.`,
      'Import more documents.',
    );
  }

  const side = new Array<Side>(documents.length).fill('train');
  const open = new Set(groups);
  for (const target of held) {
    // A group of many copies would swamp a small side, so it stays in train; every later side keeps one group to take.
    let room = Math.max(1, Math.round(fractions[target] * documents.length));
    const spare = held.length - held.indexOf(target);
    const take = (group: readonly number[]): void => {
      for (const index of group) side[index] = target;
      room -= group.length;
      open.delete(group);
    };
    const before = open.size;
    for (const group of open) if (group.length <= room && open.size > spare) take(group);
    if (open.size === before) take([...open].reduce((least, group) => (group.length < least.length ? group : least)));
  }
  const pick = (wanted: Side): Document[] => documents.filter((_, index) => side[index] === wanted);
  return { name, train: pick('train'), validation: pick('validation'), test: pick('test') };
}

/** A text that stands on more than one side of a corpus: the ids of its documents, with their sides. */
export interface Leak {
  readonly documents: readonly { readonly side: Side; readonly id: string }[];
}

/** Texts that stand on several sides, equal but for letter case and white space. Figures on such a corpus flatter. */
export function checkLeakage(corpus: Corpus): Leak[] {
  const sides = ['train', 'validation', 'test'] as const;
  const all = sides.flatMap((side) => corpus[side].map((document) => ({ side, document })));
  return groupByText(all.map(({ document }) => document))
    .filter((group) => new Set(group.map((index) => all[index].side)).size > 1)
    .map((group) => ({ documents: group.map((index) => ({ side: all[index].side, id: all[index].document.id })) }));
}

/** Indices of the documents that share a text, in order of first appearance. Keyed by hash: texts may be long. */
function groupByText(documents: readonly Document[]): number[][] {
  const groups = new Map<string, number[]>();
  documents.forEach(({ text }, index) => {
    const key = createHash('sha256').update(text.toLowerCase().replace(/\s+/g, ' ').trim()).digest('base64');
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  });
  return [...groups.values()];
}
