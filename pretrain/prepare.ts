// Prepares everything that pretraining reads: the corpus, the tokenizer and the token files.
//   node dist/pretrain/prepare.js [corpus|tokenizer|tokens ...]     (all three steps when none is named)
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Watch } from '../backend/protocol/progress';
import { trainTokenizer } from './bpe';
import { corpusTable, prepareCorpus, type SourceSummary } from './corpus';
import { tokenizeCorpus } from './tokenize';

const cache = join('.cache', 'pretrain');
const model = join('models', 'polymath-base');
const steps = process.argv.slice(2);
const wanted = (step: string): boolean => steps.length === 0 || steps.includes(step);

const watch: Watch = {
  report: ({ stage, done, total, unit, note }) => console.error(`${stage}: ${done}/${total} ${unit} ${note ?? ''}`),
  signal: new AbortController().signal,
};

const summaryFile = join(cache, 'sources.json');
if (wanted('corpus')) await writeFile(summaryFile, JSON.stringify(await prepareCorpus(cache, watch), undefined, 1));
const summaries = JSON.parse(await readFile(summaryFile, 'utf8')) as SourceSummary[];
console.log(corpusTable(summaries));
if (wanted('tokenizer')) await trainTokenizer(cache, model, watch);
if (wanted('tokens')) {
  const { trainTokens, heldoutTokens, heldoutBytes } = await tokenizeCorpus(cache, model, summaries, watch);
  const ratio = (heldoutBytes / heldoutTokens).toFixed(3);
  console.log(`${trainTokens} training tokens, ${heldoutTokens} held-out tokens, ${ratio} bytes per token`);
}
