import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Tokenizer } from '../../backend/model/tokenizer/tokenizer';
import { GrowingText } from '../../backend/model/tokenizer/token-text';
import { UserError } from '../../backend/base/errors';

const fixtures = 'test/fixtures/tokenizers';

interface Expected {
  readonly plain: number[];
  readonly controls: number[];
  readonly decoded: number[];
}

async function read<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(fixtures, name), 'utf8')) as T;
}

describe('tokenizers against transformers', () => {
  let texts: string[] = [];
  let expected: Record<string, Expected> = {};
  let folder = '';

  before(async () => {
    texts = await read('texts.json');
    ({ tokenizers: expected } = await read<{ tokenizers: Record<string, Expected> }>('ids.json'));
    folder = await mkdtemp(join(tmpdir(), 'polymath-tokenizer-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const checksum = (ids: readonly number[]): number => crc32(ids.join(' '));
  const differing = (actual: readonly number[], wanted: readonly number[]): string[] =>
    texts.filter((_, i) => actual[i] !== wanted[i]).map((text) => JSON.stringify(text).slice(0, 60));

  for (const name of ['smollm', 'gpt2', 'qwen', 'llama3', 'llama2', 'mistral', 'sentencepiece']) {
    it(`${name}: the same ids and texts, with the names of special tokens as text and as tokens`, async () => {
      const tokenizer = await Tokenizer.open(join(fixtures, name));
      const plain = texts.map((text) => tokenizer.tokens(text));
      const controls = texts.map((text) => checksum(tokenizer.tokens(text, { controls: true })));
      assert.deepEqual(differing(plain.map(checksum), expected[name].plain), []);
      assert.deepEqual(differing(controls, expected[name].controls), []);
      const decoded = plain.map((ids) => crc32(tokenizer.decode(ids)));
      assert.deepEqual(differing(decoded, expected[name].decoded), []);
    });

    it(`${name}: no text becomes a token that controls the model`, async () => {
      const tokenizer = await Tokenizer.open(join(fixtures, name));
      const all = texts.flatMap((text) => tokenizer.tokens(text));
      // What a vocabulary has no token for is unknown, and that is no control.
      const unknown = tokenizer.tokens('<unk>', { controls: true });
      const found = all.filter((id) => tokenizer.specialTokens.has(id) && !unknown.includes(id));
      assert.deepEqual([...new Set(found)], []);
    });

    it(`${name}: a text that grows token by token is the text of all tokens`, async () => {
      const tokenizer = await Tokenizer.open(join(fixtures, name));
      for (const text of texts.slice(-60)) {
        const ids = tokenizer.tokens(text);
        const growing = new GrowingText(tokenizer);
        const grown = ids.map((id) => growing.push(id)).join('') + growing.end();
        const begins = tokenizer.droppedSpaces > 0 && grown.startsWith(' ') ? 1 : 0;
        assert.equal(grown.slice(begins), tokenizer.decode(ids));
      }
    });
  }

  it('added tokens are decoded as all others are: with the space that they hold', async () => {
    const place = await mkdtemp(join(folder, 'added-'));
    await cp(join(fixtures, 'llama2'), place, { recursive: true });
    const file = JSON.parse(await readFile(join(place, 'tokenizer.json'), 'utf8')) as {
      added_tokens: object[];
      model: { vocab: object };
    };
    const flags = { single_word: false, lstrip: false, rstrip: false, special: false };
    const next = Object.keys(file.model.vocab).length;
    const added = [
      { id: next, content: '▁▁▁', normalized: true, ...flags },
      { id: next + 1, content: '▁[Q]', normalized: false, ...flags },
    ];
    await writeFile(
      join(place, 'tokenizer.json'),
      JSON.stringify({ ...file, added_tokens: [...file.added_tokens, ...added] }),
    );
    const tokenizer = await Tokenizer.open(place);
    // Looked for in the normalized text, where a space stands before it.
    for (const text of ['the    sea', '   the', 'a    b    ']) {
      assert.ok(tokenizer.tokens(text).includes(next));
      assert.equal(tokenizer.decode(tokenizer.tokens(text)), text);
    }
    assert.equal(tokenizer.decode([...tokenizer.tokens('the'), next + 1]), 'the [Q]');
  });

  it('half a surrogate pair is read as U+FFFD', async () => {
    const tokenizer = await Tokenizer.open(join(fixtures, 'qwen'));
    assert.deepEqual(tokenizer.tokens('a\ud800b\udc00'), tokenizer.tokens('a\ufffdb\ufffd'));
  });

  it('what is quoted stands for itself among special tokens', async () => {
    for (const name of ['qwen', 'mistral']) {
      const tokenizer = await Tokenizer.open(join(fixtures, name));
      const [end] = [...tokenizer.specialTokens].slice(-1);
      const text = name === 'qwen' ? '<|im_end|>' : '[/INST]';
      const said = `of ${text} and\ufdd0 ${text}`;
      const ids = tokenizer.tokens(`${text}${tokenizer.quote(said)}${text}`, { controls: true });
      assert.deepEqual([ids[0], ids.at(-1)], [end, end]);
      assert.deepEqual(
        ids.filter((id) => tokenizer.specialTokens.has(id)),
        [end, end],
      );
      assert.equal(tokenizer.decode(ids).trim(), said.replace('\ufdd0', ''));
    }
  });

  describe('begin and end of texts', () => {
    const opened = async (name: string, changes: object, settings: object): Promise<Tokenizer> => {
      const place = await mkdtemp(join(folder, `${name}-`));
      await cp(join(fixtures, name), place, { recursive: true });
      const change = async (file: string, values: object): Promise<void> => {
        const path = join(place, file);
        const before = JSON.parse(await readFile(path, 'utf8')) as object;
        await writeFile(path, JSON.stringify({ ...before, ...values }));
      };
      if (name !== 'sentencepiece') await change('tokenizer.json', changes);
      await change('tokenizer_config.json', settings);
      return Tokenizer.open(place);
    };
    const around = (before: string[], after: string[]): object => ({
      type: 'TemplateProcessing',
      single: [
        ...before.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
        { Sequence: { id: 'A', type_id: 0 } },
        ...after.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
      ],
      pair: [],
      special_tokens: {
        '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] },
        '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
      },
    });

    it('are what the post-processor says, else what the configuration does', async () => {
      const post = { post_processor: around(['<s>'], []) };
      const says = { add_bos_token: true, add_eos_token: true };
      const both = {
        post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel' }, around(['<s>'], ['</s>'])] },
      };
      for (const [changes, settings, begin, end] of [
        [{}, {}, undefined, false],
        [{}, says, 1, true],
        [{}, { add_bos_token: false }, undefined, false],
        [post, {}, 1, false],
        [post, { add_bos_token: false, add_eos_token: true }, 1, false],
        [{ post_processor: { type: 'ByteLevel' } }, says, undefined, false],
        [both, {}, 1, true],
      ] as const) {
        const tokenizer = await opened('llama2', changes, settings);
        const own = tokenizer.tokens('the');
        assert.deepEqual(tokenizer.beginToken, begin);
        assert.deepEqual([...tokenizer.prompt('the')], [...(begin === undefined ? [] : [begin]), ...own]);
        assert.deepEqual([...tokenizer.encode('the')], [begin ?? 2, ...own, ...(end ? [2] : [])]);
        assert.deepEqual([tokenizer.endToken, [...tokenizer.endTokens]], [2, [2, 1]]);
      }
    });

    it("a SentencePiece model's own file begins texts, where its configuration does not say otherwise", async () => {
      assert.equal((await opened('sentencepiece', {}, {})).beginToken, 1);
      assert.equal((await opened('sentencepiece', {}, { add_bos_token: false })).beginToken, undefined);
    });

    it('without a begin token a text is scored after what separated texts, and an empty prompt begins with it', async () => {
      const qwen = await opened('qwen', {}, {});
      assert.deepEqual([qwen.beginToken, qwen.prefixToken, qwen.endToken], [undefined, 0, 2]);
      assert.deepEqual([[...qwen.prompt('')], qwen.encode('the')[0]], [[0], 0]);
    });

    it('every file of a model says what ends its answers, and so do the names of tokens', async () => {
      const qwen = join(folder, 'qwen');
      await cp(join(fixtures, 'qwen'), qwen, { recursive: true });
      assert.deepEqual([...(await Tokenizer.open(qwen)).endTokens], [2, 0]);
      await writeFile(join(qwen, 'generation_config.json'), JSON.stringify({ eos_token_id: [2, 5] }));
      const more = await Tokenizer.open(qwen, { beginToken: 1, endTokens: [7] });
      assert.deepEqual([...more.endTokens], [2, 7, 5, 0, 1]);
    });

    it('several tokens before a text, or a post-processor that is not known, are refused by name', async () => {
      const several = opened('llama2', { post_processor: around(['<s>', '<s>'], []) }, {});
      await assert.rejects(several, /TemplateProcessing that is not supported/);
      await assert.rejects(opened('llama2', { post_processor: { type: 'Other' } }, {}), /Other that is not supported/);
    });
  });

  it('a token that the model has no weights for is text where it was added, and an error where it is of the vocabulary', async () => {
    const qwen = join(fixtures, 'qwen');
    const { vocab } = (await read<{ model: { vocab: Record<string, number> } }>('qwen/tokenizer.json')).model;
    const vocabularySize = Object.keys(vocab).length;
    const whole = await Tokenizer.open(qwen);
    const fitting = await Tokenizer.open(qwen, { vocabularySize, endTokens: [] });
    assert.deepEqual(whole.tokens('<think>'), [vocabularySize]);
    assert.ok(fitting.tokens('<think>').every((id) => id < vocabularySize));
    assert.equal(fitting.decode(fitting.tokens('<think>')), '<think>');
    await assert.rejects(Tokenizer.open(qwen, { vocabularySize: 300, endTokens: [] }), /has 300 tokens/);
  });

  it('a folder without a tokenizer, or with one that cannot be read, is named with the next step', async () => {
    const refused = async (name: string, files: Record<string, string | Uint8Array>, cause: RegExp): Promise<void> => {
      const place = await mkdtemp(join(folder, 'broken-'));
      for (const [file, content] of Object.entries(files)) await writeFile(join(place, file), content);
      await assert.rejects(Tokenizer.open(place), (error) => {
        assert.ok(error instanceof UserError, name);
        assert.match(error.message, cause);
        assert.ok(error.next.length > 0);
        return true;
      });
    };
    const model = { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] };
    const json = (value: object): Record<string, string> => ({ 'tokenizer.json': JSON.stringify(value) });
    await refused('none', {}, /tokenizer\.json does not exist/);
    await refused('unigram', json({ model: { type: 'Unigram', vocab: [['a', 0]] } }), /cannot be used/);
    await refused('merges', json({ model: { ...model, merges: ['a b'] } }), /it joins "ab"/);
    await refused('ids', json({ model: { ...model, vocab: { a: -1 } } }), /no table of token ids/);
    await refused('cutting', json({ model, pre_tokenizer: { type: 'UnicodeScripts' } }), /UnicodeScripts/);
    await refused('decoding', json({ model, decoder: { type: 'CTC' } }), /CTC/);
    await refused('normalizing', json({ model, normalizer: { type: 'Nmt' } }), /Nmt/);
    await refused(
      'sentencepiece',
      { 'tokenizer.model': Buffer.from([10, 255, 255, 255, 15, 1]) },
      /no SentencePiece model/,
    );
    const vocabulary = { 'vocab.json': '{"a":0}', 'merges.txt': '' };
    const config = { 'tokenizer_config.json': '{"tokenizer_class":"BartTokenizer"}' };
    await refused('class', { ...vocabulary, ...config }, /BartTokenizer/);
  });
});
