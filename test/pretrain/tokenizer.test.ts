import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer } from '../../backend/model/tokenizer/tokenizer';
import { createRandom } from '../../backend/base/random';
import { trainTokenizer } from '../../pretrain/bpe';
import { byteLetters } from '../../backend/model/tokenizer/bytes';
import { pretokenize } from '../../pretrain/tokenizer/format';
import { learnMerges } from '../../pretrain/tokenizer/merges';

const watch = { report: (): void => undefined, signal: new AbortController().signal };

/** Strings of familiar characters and of any code points but halves of surrogate pairs. */
const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0x2fff }), fc.integer({ min: 0, max: 0x10f7ff }))
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));
const anyText = fc
  .array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 4 }), anyCharacter))
  .map((parts) => parts.join(''));

/** Words of a made-up language, a few of them frequent, as Zipf would have it. */
function makeWords(seed: number, kinds: number, count: number): string[] {
  const random = createRandom(seed);
  const syllable = (): string => 'bdfgklmnprstvz'[random.below(14)] + 'aeiou'[random.below(5)];
  const words = Array.from({ length: kinds }, () => Array.from({ length: 1 + random.below(4) }, syllable).join(''));
  return Array.from({ length: count }, () => words[Math.floor(kinds * random.uniform() ** 3)]);
}

function countWords(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Byte-pair encoding the slow way: counts every pair anew before each merge; among equals the oldest symbols first. */
function slowMerges(words: ReadonlyMap<string, number>, wanted: number): string[] {
  const symbols = [...byteLetters];
  let split = [...words].map(([word, count]) => ({ ids: [...Buffer.from(word)], count }));
  const merges: string[] = [];
  while (merges.length < wanted) {
    const pairs = new Map<number, number>();
    for (const { ids, count } of split) {
      for (let i = 0; i + 1 < ids.length; i++) {
        const pair = 65536 * ids[i] + ids[i + 1];
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    const [[pair]] = [...pairs].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    const [left, right] = [Math.floor(pair / 65536), pair % 65536];
    merges.push(`${symbols[left]} ${symbols[right]}`);
    symbols.push(symbols[left] + symbols[right]);
    const joined = symbols.length - 1;
    split = split.map(({ ids, count }) => {
      const next: number[] = [];
      for (const id of ids) {
        // A symbol just joined is no left side of the same pair again, unless the pair is of itself.
        if (id === right && next.at(-1) === left) next.splice(-1, 1, joined);
        else next.push(id);
      }
      return { ids: next, count };
    });
  }
  return merges;
}

describe('learnMerges', () => {
  it('joins the most frequent pair each time, as counting anew does', () => {
    const words = countWords(makeWords(3, 60, 600));
    const merges = learnMerges(words, 80, watch).map((merge) => merge.join(' '));
    assert.deepEqual(merges, slowMerges(words, 80));
  });

  it('says so when the corpus has too few pairs', () => {
    assert.throws(() => learnMerges(new Map([['ab', 2]]), 2, watch), /only 1 of 2 merges/);
  });
});

describe('trainTokenizer', () => {
  let folder = '';
  let product: Tokenizer;
  let files: string[] = [];

  /** Trains on a generated corpus and gives back the two files it wrote. */
  const train = async (name: string): Promise<string[]> => {
    const model = join(folder, name);
    await trainTokenizer(folder, model, 4096, watch);
    return Promise.all(['tokenizer.json', 'tokenizer_config.json'].map((file) => readFile(join(model, file), 'utf8')));
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-tokenizer-'));
    const words = makeWords(5, 6000, 40_000);
    const documents = Array.from({ length: 40 }, (_, i) => words.slice(1000 * i, 1000 * (i + 1)).join(' '));
    const lines = documents.map((text) => JSON.stringify({ source: 'generated', domain: 'fiction', text }));
    await writeFile(join(folder, 'documents.jsonl'), `${lines.join('\n')}\n`);
    files = await train('model');
    product = await Tokenizer.open(join(folder, 'model'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const roundTrip = (text: string): void => {
    const ids = product.encode(text);
    assert.deepEqual([...ids], [0, ...pretokenize(text).flatMap((piece) => product.tokens(piece))]);
    assert.equal(product.decode(ids), text);
  };

  it('writes the same files each time', async () => {
    assert.deepEqual(await train('again'), files);
  });

  it('learns a full vocabulary with one id for each token', () => {
    const json = JSON.parse(files[0]) as { model: { vocab: Record<string, number> } };
    const ids = Object.values(json.model.vocab).sort((a, b) => a - b);
    assert.deepEqual(
      ids,
      Array.from({ length: 4096 }, (_, id) => id),
    );
  });

  it('gives texts back unchanged, whatever is in them', () => {
    const texts = [
      '',
      ' ',
      'A tab\there,\ttwo\t\tthere,\r\n\r\n  two blanks  and a last line\n',
      'if (a) {\n\t\treturn b[0] ?? `${c}`;\n\t}\n',
      'Emoji: 🙂 👩‍👩‍👧‍👦 🇨🇭 👍🏽, CJK: 漢字かな交じり文 한국어, marks: e\u0301 ñ ﷺ \u200b\u00a0.',
      "It's 1961; they'll've 20.5 % of $1,000,000…",
    ];
    texts.forEach(roundTrip);
  });

  it('gives any text back unchanged', () => {
    fc.assert(fc.property(anyText, roundTrip), { seed: 1, numRuns: 300 });
  });

  it('splits texts into pieces that make up the text', () => {
    const isWhole = (text: string): void => assert.equal(pretokenize(text).join(''), text);
    fc.assert(fc.property(anyText, isWhole), { seed: 1 });
  });

  it('makes tokens of frequent words and leaves digits single', () => {
    const [frequent] = [...countWords(makeWords(5, 6000, 40_000))].sort((a, b) => b[1] - a[1])[0];
    assert.equal(product.tokens(` ${frequent}`).length, 1);
    assert.equal(product.tokens('1961').length, 4);
  });
});
