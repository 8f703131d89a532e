// node dist/bench/estimates.js [--sizes 200,1200] [--only '<text>|<text>'] [--seeds 1]: every kind of run that is estimated, on
// generated texts with the bundled model. Prints what was estimated over what it took: time, tokens, peak memory. A ratio beyond a factor
// of two is marked. With several seeds the later estimates are corrected by what the earlier runs took.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Backend, Params } from '../backend/protocol/messages';
import type { RunCost, RunRecord } from '../backend/protocol/run';
import { serveProject } from '../backend/server/serve';
import { mixedTexts } from './generated-texts';

type Spec = Params<'runs/start'>['spec'];

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '200,1200' },
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: '1' },
  },
});
const k = 3;
const seeds = options.seeds.split(',').map(Number);
const figures = ['seconds', 'tokens', 'memory'] as const;

/** What the runs of a project are about. */
interface Made {
  readonly dataset: string;
  readonly split: string;
  readonly experts: string;
  readonly mixer: string;
}

/** Runs by what is read in the table; of each a seed is drawn on. */
const measured: Readonly<Record<string, (made: Made, seed: number) => Spec>> = {
  'split em': ({ dataset }, seed) => ({ kind: 'split', method: 'em', dataset, k, seed }),
  'split em, from random piles': ({ dataset }, seed) => ({
    ...{ kind: 'split', method: 'em', dataset, k, seed, start: 'random', rounds: 3 },
  }),
  'split em, experts kept': ({ dataset, experts }, seed) => ({
    ...{ kind: 'split', method: 'em', dataset, k, seed, experts, keep: true },
  }),
  'split unigram': ({ dataset }, seed) => ({ kind: 'split', method: 'unigram', dataset, k, seed }),
  'split kmeans': ({ dataset }, seed) => ({ kind: 'split', method: 'kmeans', dataset, k, seed }),
  'split kmeans, hidden states': ({ dataset }, seed) => ({
    ...{ kind: 'split', method: 'kmeans', dataset, k, seed, embedding: 'hidden' },
  }),
  'split llm': ({ dataset }, seed) => ({ kind: 'split', method: 'llm', dataset, k, seed }),
  'split random': ({ dataset }, seed) => ({ kind: 'split', method: 'random', dataset, k, seed }),
  'split gold': ({ dataset }, seed) => ({ kind: 'split', method: 'gold', dataset, k, seed }),
  'split gold, quick experts': ({ dataset }, seed) => ({
    ...{ kind: 'split', method: 'gold', dataset, k, seed, quickTokens: 12_000 },
  }),
  train: ({ split }, seed) => ({ kind: 'train', split, tokens: 60_000, seed }),
  'train, one epoch': ({ split }, seed) => ({ kind: 'train', split, epochs: 1, seed }),
  'train, last layers': ({ split }, seed) => ({ kind: 'train', split, tokens: 60_000, layers: 2, seed }),
  'train, rate searched': ({ split }, seed) => ({ kind: 'train', split, tokens: 30_000, searchRate: true, seed }),
  mix: ({ experts }, seed) => ({ kind: 'mix', experts, seed }),
  'mix uniform': ({ experts }, seed) => ({ kind: 'mix', experts, seed, weighting: 'uniform' }),
  'mix posterior': ({ experts }, seed) => ({ kind: 'mix', experts, seed, weighting: 'posterior' }),
  evaluate: ({ experts, mixer }) => ({ kind: 'evaluate', experts, mixer }),
  compare: ({ dataset }, seed) => ({ kind: 'compare', dataset, k, seeds: [seed], tokens: 24_000, trainDocuments: 300 }),
  sweep: ({ dataset }, seed) => ({ kind: 'sweep', dataset, k, seeds: [seed], rounds: 1 }),
};

async function measure(documents: number): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'polymath-bench-estimates-'));
  const served = await serveProject(join(root, '.polymath'));
  const { backend } = served;
  try {
    const source = join(root, 'corpus.jsonl');
    await writeFile(source, mixedTexts(documents, 1));
    const result = async (spec: Spec): Promise<string> => resultOf(await done(backend, spec));
    const dataset = await result({ kind: 'import', source });
    const split = await result({ kind: 'split', method: 'unigram', dataset, k, seed: 100 });
    const experts = await result({ kind: 'train', split, tokens: 12_000, seed: 100 });
    const mixer = await result({ kind: 'mix', experts, seed: 100 });
    for (const [name, specOf] of Object.entries(measured)) {
      if (!options.only.split('|').some((part) => name.includes(part))) continue;
      for (const seed of seeds) {
        const spec = specOf({ dataset, split, experts, mixer }, seed);
        const estimate = await backend.call('runs/estimate', { spec });
        // What is found done takes no time.
        await rm(join(root, '.polymath', 'tasks'), { recursive: true, force: true });
        const { actual, failure } = await done(backend, spec);
        const cells = actual === undefined ? [failure?.message ?? 'no figures'] : cellsOf(estimate, actual);
        process.stdout.write(`| ${[name, documents, seed, ...cells].join(' | ')} |\n`);
      }
    }
  } finally {
    await served.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** "12 / 10 = 1.20" of each figure; one that is far off is marked. */
function cellsOf(estimate: RunCost, actual: RunCost): string[] {
  return figures.map((figure) => {
    const [said, took] = [estimate[figure], actual[figure]];
    const digits = figure === 'seconds' ? 1 : 0;
    const ratio = said === took ? 1 : said / took;
    const mark = ratio > 2 || ratio < 1 / 2 ? ' **!**' : '';
    return `${said.toFixed(digits)} / ${took.toFixed(digits)} = ${ratio.toFixed(2)}${mark}`;
  });
}

async function done(backend: Backend, spec: Spec): Promise<RunRecord> {
  const { id } = await backend.call('runs/start', { spec });
  return new Promise((resolve, reject) => {
    const look = (run: RunRecord): void => {
      if (run.id !== id || run.state === 'queued' || run.state === 'running') return;
      stop();
      resolve(run);
    };
    const stop = backend.listen(({ event }) => {
      if (event.type === 'run') look(event.run);
    });
    backend.call('runs/get', { run: id }).then(look, reject);
  });
}

function resultOf({ result, failure, spec }: RunRecord): string {
  if (result !== undefined) return result;
  throw new Error(`${spec.kind}: ${failure?.message ?? 'nothing was made'}`);
}

process.stdout.write(`| run | documents | seed | seconds | tokens | MiB |\n|---|---:|---:|---:|---:|---:|\n`);
for (const size of options.sizes.split(',').map(Number)) await measure(size);
