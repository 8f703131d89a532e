// States bits per byte of the model that pretraining makes beside compressors and a 5-gram model.
//   node dist/bench/bits-per-byte.js [--model models/polymath-base] [--fraction 0.1] [--card] [figures.json]
// --fraction measures on a sample of the passages; --card writes the model card from the figures too.
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { cacheFolder } from '../backend/base/cache-folder';
import { writeWhole } from '../backend/base/files';
import { writeCard } from '../pretrain/card';
import { decayedFolder } from '../pretrain/train';
import { measureBitsPerByte } from './bits-per-byte-measure';
import { bitsPerByteTable } from './bits-per-byte-report';

const { values, positionals } = parseArgs({
  options: {
    model: { type: 'string' },
    cache: { type: 'string', default: join(cacheFolder(), 'pretrain') },
    fraction: { type: 'string', default: '1' },
    card: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const fraction = Number(values.fraction);
if (!(fraction > 0 && fraction <= 1)) throw new Error('--fraction takes a number above 0, at most 1.');
const folder = values.model ?? decayedFolder(values.cache);
const options = { cache: values.cache, modelFolder: folder, fraction };
const report = await measureBitsPerByte(options, {
  report: ({ stage, done, total, note }) => console.error(`${stage}: ${done} of ${total} texts, ${note ?? ''}`),
  signal: new AbortController().signal,
});
console.log(bitsPerByteTable(report));
for (const path of positionals) await writeWhole(path, `${JSON.stringify(report, undefined, 2)}\n`);
if (values.card) await writeCard(values.cache, folder, report);
