import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';

const small = ['--k', '3', '--tokens', '1500', '--context', '64', '--rank', '2'];

describe('polymath pipeline', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), `${generatedCorpus(60)}{"text": 5}\n`);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('says what it reads and plans, and leads to an answer with one line of progress', async () => {
    const { code, out, err } = await command(folder, 'pipeline', 'corpus.jsonl', ...small);
    assert.equal(code, 0, err);
    assert.match(err, /corpus: 60 documents \(train 48, validation 6, test 6\)\. Text from `text`: by its name\./);
    assert.match(err, /Left out: 1 record\. corpus\.jsonl, line 61: field "text" is not a string/);
    assert.match(err, /Plan: 3 piles by Unigram EM, 1,500 training tokens, base model base\./);
    assert.match(err, /Note: the bundled model is for trying: .* --model smollm2/);
    assert.match(err, /From corpus\.jsonl to an answer/);
    assert.match(err, /Training: done in .*, made experts-/);
    assert.match(out, /These are experts-\w+, made by run-\w+ \(.* tokens, .*\)\.\nNext: polymath ask/);
    const listed = await command(folder, 'runs');
    assert.deepEqual(
      [...listed.out.matchAll(/run-\w+ +(\w+) +done/g)].map(([, kind]) => kind),
      ['pipeline'],
    );
    const [run] = /run-\w+/.exec(listed.out) ?? [''];
    const told = await command(folder, 'runs', run);
    assert.deepEqual(
      [...told.out.matchAll(/^run-\w+ +(\w+) +done/gm)].map(([, kind]) => kind),
      ['import', 'split', 'train', 'mix'],
    );
  });

  it('is estimated by stages, and refused where it must fail', async () => {
    const { out } = await command(folder, 'pipeline', 'corpus.jsonl', ...small, '--estimate');
    assert.match(out, /Import .*\n.*Split .*\n.*Training .*\n.*Training of the mixer .*\n.*Together /);
    const refused = await command(folder, 'pipeline', 'corpus.jsonl', '--k', '300');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^48 training documents cannot fill 300 piles\.\nAsk for fewer piles \(--k\)/m);
    const other = await command(folder, 'pipeline', 'corpus.jsonl', '--rounds', '2');
    assert.match(other.err, /--rounds is a setting of em, .*\n.*polymath pipeline --method em/);
  });
});
