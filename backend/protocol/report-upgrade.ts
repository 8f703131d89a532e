/** Reports of version 0.1.0 in today's form: they had a closed list of splits and systems, and no labels. */
import { z } from 'zod';
import { tableOf } from '../base/table';

interface FormerSystem {
  readonly label: string;
  readonly phrase: string;
  readonly role?: string;
  readonly split?: string;
  readonly cooperation?: string;
}

const splits: Readonly<Record<string, { readonly label: string; readonly role?: string }>> = {
  random: { label: 'Random split' },
  kmeans: { label: 'K-means, tf-idf', role: 'control' },
  unigram: { label: 'Unigram EM', role: 'control' },
  em: { label: 'Perplexity EM', role: 'main' },
  llm: { label: 'Guided by a language model' },
  gold: { label: 'Gold domains', role: 'answers' },
};

const ofSplit = (split: string, phrase: string, role?: string): FormerSystem => ({
  label: splits[split].label,
  phrase,
  ...(role === undefined ? {} : { role }),
  split,
  cooperation: 'best-single',
});

const systems: Readonly<Record<string, FormerSystem>> = {
  base: { label: 'Base model', phrase: 'the base model, untouched', role: 'untrained' },
  monolithic: { label: 'One model, all data', phrase: 'one model trained on all the data', role: 'bar' },
  random: ofSplit('random', 'experts on a random split'),
  kmeans: ofSplit('kmeans', 'experts on k-means piles'),
  unigram: ofSplit('unigram', 'experts on unigram-EM piles'),
  em: ofSplit('em', 'the same experts, one chosen per document'),
  gold: ofSplit('gold', 'experts on the gold domains, which were given the answers', 'answers'),
  mixture: {
    label: 'Mixture of experts',
    phrase: 'the mixture of experts',
    role: 'main',
    split: 'em',
    cooperation: 'probe',
  },
};

const former = z.looseObject({
  systems: z.undefined().optional(),
  splits: tableOf(z.looseObject({})),
  perplexity: tableOf(z.unknown()),
  notes: z.array(z.string()).optional(),
});

/** True of every report of that version, however many seeds it has. */
const ofIntervals = 'The intervals speak of the choice of test documents only, not of training luck.';

/** A report of an earlier version in today's form; anything else as it is. */
export function upgradeReport(json: unknown): unknown {
  const { success, data } = former.safeParse(json);
  if (!success) return json;
  return {
    ...data,
    splits: Object.fromEntries(
      Object.entries(splits).flatMap(([id, told]) =>
        Object.hasOwn(data.splits, id) ? [[id, { ...told, ...data.splits[id] }]] : [],
      ),
    ),
    systems: Object.entries(systems).flatMap(([id, told]) =>
      Object.hasOwn(data.perplexity, id) ? [{ id, ...told }] : [],
    ),
    notes: [...(data.notes ?? []), ofIntervals],
  };
}
