import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext } from '../../backend/cli/context';
import { explain } from '../../backend/cli/explain';
import { createContinuationWriter } from '../../backend/cli/continuation';
import { namedProxies } from '../../backend/model-files/hub/proxies';
import { decimal } from '../../backend/base/format';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';
import { createScreen } from './double';

describe('what is refused, in words', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function refused(message: RegExp, ...args: string[]): Promise<void> {
    const { code, out, err } = await command(folder, ...args);
    assert.equal(code, 1, err);
    assert.equal(out, '');
    assert.match(err, message);
    assert.doesNotMatch(err, /defect|expected|[a-z]\/[a-z]+ cannot/, err);
  }

  it('a setting of another method, told whose it is', async () => {
    await refused(/--rounds is a setting of em, and this splits by kmeans\./, 'split', 'kmeans', '--rounds', '3');
    await refused(/polymath choose-k em/, 'choose-k', 'unigram', '--rounds', '3');
    await writeFile(join(folder, 'split.yaml'), 'method: unigram\nrounds: 3\n');
    await refused(/--rounds is a setting of em, and this splits by unigram/, 'split', '--config', 'split.yaml');
  });

  it('a value that cannot be, by its name and what is needed', async () => {
    await writeFile(join(folder, 'ask.yaml'), 'temperature: hot\n');
    await refused(
      /^--temperature has a value that cannot be used: a number is needed\.\n/,
      'ask',
      'x',
      '--expert',
      'base',
      '--config',
      'ask.yaml',
    );
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(20));
    assert.equal((await command(folder, 'import', 'corpus.jsonl')).code, 0);
    await refused(/^limit has a value that cannot be used: \d+ is the most\.\n/, 'runs', '--limit', '100000');
  });

  it('what belongs to adapters where all weights are trained, by its flag', async () => {
    await writeFile(join(folder, 'pets.jsonl'), generatedCorpus(20));
    assert.equal((await command(folder, 'import', 'pets.jsonl')).code, 0);
    assert.equal((await command(folder, 'split', 'unigram', '--k', '2')).code, 0);
    for (const flags of [['--rank', '4'], ['--rs-lora'], ['--lora-dropout', '0.1'], ['--layers', '2']]) {
      const told = new RegExp(`^${flags[0]} belongs to LoRA adapters, and --adapter is full\\.\nLeave out ${flags[0]}`);
      await refused(told, 'train', '--adapter', 'full', ...flags);
    }
  });
});

describe('what the system refuses', () => {
  it('is told in words and not as a defect', () => {
    const [out, err] = [createScreen(), createScreen()];
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    assert.equal(explain(full, false, createContext(new AbortController().signal, undefined, { out, err })), 1);
    assert.equal(
      err.text(),
      'The disk is full: a file could not be written.\nFree some space and run the command again.\n',
    );
  });
});

describe('proxies that the environment names', () => {
  it('are read as people write them', () => {
    assert.deepEqual(namedProxies({ HTTP_PROXY: 'proxy.example:3128', https_proxy: 'socks5h://u:p@localhost:1080' }), {
      httpProxy: 'http://proxy.example:3128',
      httpsProxy: 'socks5://u:p@localhost:1080',
    });
    assert.deepEqual(namedProxies({ http_proxy: ' ' }), { httpProxy: '', httpsProxy: '' });
    assert.deepEqual(namedProxies({ ALL_PROXY: 'socks5h://host:1080', HTTPS_PROXY: 'http://other' }), {
      httpProxy: 'socks5://host:1080',
      httpsProxy: 'http://other',
    });
  });

  it('are refused by name, with nothing of their passwords', () => {
    assert.throws(() => namedProxies({ HTTPS_PROXY: 'socks4://u:secret@host' }), {
      message: 'HTTPS_PROXY names a proxy of the kind socks4, which cannot be used.',
    });
    assert.throws(() => namedProxies({ HTTPS_PROXY: 'host:none of it' }), {
      message: /^HTTPS_PROXY does not name a proxy/,
    });
  });
});

describe('what is printed', () => {
  it('has numbers in decimal', () => {
    assert.deepEqual([5e-3, 1e-7, 0.1 + 0.2, 200_000, -2.5].map(decimal), [
      '0.005',
      '0.0000001',
      '0.3',
      '200000',
      '-2.5',
    ]);
  });

  it('has no mark where one model speaks', () => {
    const screen = createScreen({ interactive: true, colorDepth: 24 });
    const writer = createContinuationWriter(screen);
    for (const piece of ['The', ' tide', ' ']) writer.push(piece, undefined);
    writer.end();
    assert.equal(screen.text(), 'The tide \n');
  });
});
