// How splitting grows with the corpus: node dist/bench/scale.js <folder> [--sizes 6250,25000,100000] [--methods kmeans,unigram,em] [--k 6].
// The folder has train.jsonl and validation.jsonl with a "domain" in every line. Documents beyond those that there are consist of halves of
// two documents of one domain. Each size and method has a process of its own; prints seconds, peak memory and agreement with the domains.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contingency, qualityOf } from '../backend/split/describe/quality';
import { methodTable } from '../backend/split/methods/table';
import { splitBy } from '../backend/split/split-by';
import type { TokenizedDocument } from '../backend/corpus/tokenized';
import { LanguageModel } from '../backend/model/language-model';
import { findModel } from '../backend/model-files/source';
import { createRandom } from '../backend/base/random';
import { readFolder } from './corpus-folder';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '6250,25000,100000' },
    methods: { type: 'string', default: 'kmeans,unigram,em' },
    k: { type: 'string', default: '6' },
    /** Of the one cell that a process measures. */
    cell: { type: 'string' },
  },
});
const [folder] = positionals;
if (options.cell === undefined) measureAll();
else await measure(options.cell);

function measureAll(): void {
  process.stdout.write('| method | documents | s | peak MiB | NMI |\n|---|---:|---:|---:|---:|\n');
  for (const method of options.methods.split(',')) {
    for (const size of options.sizes.split(',')) {
      const args = [fileURLToPath(import.meta.url), folder, '--k', options.k, '--cell', `${method} ${size}`];
      const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
      if (status !== 0) process.exitCode = 1;
    }
  }
}

async function measure(cell: string): Promise<void> {
  const [name, size] = cell.split(' ');
  const model = await LanguageModel.open((await findModel('base')).folder);
  const corpus = await readFolder(folder, model.tokenizer, Infinity);
  const train = enlarged(corpus.train, Number(size), (text) => model.tokenizer.encode(text));
  const k = Number(options.k);
  const watch = { report: (): void => undefined, signal: new AbortController().signal };
  const task = { model, corpus: { ...corpus, train }, k, seed: 1, watch };
  const { assignments, seconds } = await splitBy(methodTable, name, task);
  const domains = train.map(({ domain }) => domain ?? '');
  const { nmi } = qualityOf(contingency(assignments, domains, k));
  const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`| ${name} | ${size} | ${seconds.toFixed(1)} | ${mebibytes} | ${nmi.toFixed(3)} |\n`);
  await model.dispose();
}

/** So many documents: those that there are, then halves of two of one domain. */
function enlarged(
  documents: readonly TokenizedDocument[],
  size: number,
  encode: (text: string) => Int32Array,
): TokenizedDocument[] {
  const random = createRandom(3);
  const kinOf = (domain: string | undefined): TokenizedDocument[] => documents.filter((one) => one.domain === domain);
  const kin = new Map([...new Set(documents.map(({ domain }) => domain))].map((domain) => [domain, kinOf(domain)]));
  const draw = (from: readonly TokenizedDocument[]): string => from[random.below(from.length)].text;
  return Array.from({ length: size }, (_, i) => {
    if (i < documents.length) return documents[i];
    const like = documents[i % documents.length];
    const alike = kin.get(like.domain) ?? [];
    const [a, b] = [draw(alike), draw(alike)];
    const text = `${a.slice(0, a.length / 2)}${b.slice(b.length / 2)}`;
    return { ...like, id: `${like.id}-${i}`, text, tokens: encode(text), bytes: Buffer.byteLength(text) };
  });
}
