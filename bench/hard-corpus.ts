// A corpus whose domains lie near each other: node dist/bench/hard-corpus.js <out.jsonl>. Short passages of Node.js's manual (the comments
// of @types/node, MIT), as `text`, in seven topics, as `domain`, without near-copies, in random order. The same packages give the same file.
import { writeFile } from 'node:fs/promises';
import { createRandom } from '../backend/base/random';
import { Duplicates } from '../backend/corpus/import/duplicates';
import { proseSentences } from '../backend/corpus/sample/passages';
import { nodeModules } from '../backend/corpus/sample/plain-texts';

/** Modules by topic: those that people take for each other's. */
const topics: Readonly<Record<string, readonly string[]>> = {
  files: ['fs', 'fs-promises', 'path'],
  cryptography: ['crypto'],
  web: ['http', 'http2', 'https', 'url', 'querystring'],
  network: ['net', 'tls', 'dgram', 'dns', 'dns-promises'],
  processes: ['child_process', 'cluster', 'worker_threads', 'process', 'os'],
  streams: [
    'stream',
    'stream-web',
    'stream-promises',
    'stream-consumers',
    'buffer',
    'buffer.buffer',
    'zlib',
    'readline',
    'readline-promises',
    'tty',
    'string_decoder',
    'events',
    'console',
  ],
  diagnosis: [
    'vm',
    'v8',
    'module',
    'async_hooks',
    'perf_hooks',
    'diagnostics_channel',
    'test',
    'assert',
    'util',
    'repl',
    'domain',
    'timers',
  ],
};

/** Words of a text: one ends with the sentence that reaches `enough`. */
const [least, enough, most] = [20, 29, 120];
/** Jaccard index of shingles from which two texts are copies, as in an import. */
const alike = 0.8;

const [path] = process.argv.slice(2);
const modules = await nodeModules();
const passages = Object.entries(topics).flatMap(([domain, names]) =>
  modules
    .filter(({ name }) => names.includes(name))
    .flatMap(({ paragraphs }) => cut(paragraphs).map((text) => ({ text, domain }))),
);
const copies = new Duplicates(alike);
for (const { text } of passages) copies.add(text);
const { kind } = copies.groups();
const rows = createRandom(1).shuffle(passages.filter((_, i) => kind[i] === 0));
await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
for (const domain of Object.keys(topics)) {
  process.stdout.write(`${domain}: ${rows.filter((row) => row.domain === domain).length}\n`);
}
process.stdout.write(`${rows.length} texts, ${passages.length - rows.length} copies left out\n`);

/** Passages of whole sentences. */
function cut(paragraphs: readonly string[]): string[] {
  const passages: string[] = [];
  let [text, words] = ['', 0];
  for (const sentence of proseSentences(paragraphs.map((paragraph) => paragraph.replace(/\s+/g, ' ').trim()))) {
    if (sentence.text === '') continue;
    text += ` ${sentence.text}`;
    words += sentence.words;
    if (words < enough) continue;
    if (words <= most) passages.push(text.trim());
    [text, words] = ['', 0];
  }
  if (words >= least) passages.push(text.trim());
  return passages;
}
