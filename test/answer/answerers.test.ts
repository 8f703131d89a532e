import assert from 'node:assert/strict';
import { filesOf } from '../../backend/base/files';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Answerer, answererKind, type Passage, type ScoreOptions } from '../../backend/answer/answerer';
import { Answerers } from '../../backend/answer/answerers';
import { PromptReader } from '../../backend/answer/prompt-reader';
import { singleAnswerer } from '../../backend/answer/single';
import { answererKinds } from '../../backend/council/answerer-kinds';
import { councilKind } from '../../backend/council/council';
import type { Procedure } from '../../backend/council/procedure';
import { procedures } from '../../backend/council/procedures';
import { vote } from '../../backend/council/procedures/vote/vote';
import { mixtureCombine } from '../../backend/mixing/decode';
import { openWeighting } from '../../backend/mixing/weightings';
import { equalWeights } from '../../backend/mixing/weightings/uniform/uniform';
import { type AdapterStack, stackAdapters } from '../../backend/model/adapters/adapter';
import { writeMergedWeights } from '../../backend/model/merging/model';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { Decoder } from '../../backend/model/decoding/decoder';
import { type Combine, single } from '../../backend/model/decoding/generate';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { openBase } from '../../backend/model/weights/base-model';
import { writeCompanions } from '../../backend/model/weights/companions';
import { UserError } from '../../backend/base/errors';
import type { Prompt } from '../../backend/protocol/answers';
import type { Answer, AnswererSpec } from '../../backend/protocol/inference';
import { baseModel, greedy, makeExperts, type TestExperts } from '../support/answerers';

const text = ' the sea was calm, and that the wind would turn by night.';
const prompt = 'The captain said that';

describe('answerers', () => {
  const answerers = new Answerers(answererKinds);
  let experts: TestExperts;
  let model: LanguageModel;
  let stack: AdapterStack;
  let kinds: Record<AnswererSpec['kind'], AnswererSpec>;

  before(async () => {
    experts = await makeExperts();
    const { adapters, mixer } = experts;
    model = await LanguageModel.open(baseModel);
    stack = stackAdapters(await Promise.all(adapters.map((folder) => loadAdapter(folder, model.config))));
    const members = [
      { index: 1, role: 'A sailor speaks.' },
      { index: 0, role: 'A cook speaks.' },
    ];
    kinds = {
      base: { kind: 'base', model: baseModel },
      expert: { kind: 'expert', model: baseModel, adapter: adapters[1] },
      uniform: { kind: 'uniform', model: baseModel, adapters },
      mixture: { kind: 'mixture', model: baseModel, adapters, mixer },
      council: { kind: 'council', model: baseModel, adapters, members, instruction: 'Go on.' },
    };
  });

  after(async () => {
    await model.dispose();
    await experts.remove();
  });

  const use = <R>(answerer: { kind: string; model: string }, work: (answerer: Answerer) => Promise<R>): Promise<R> =>
    answerers.use({ answerer, device: 'cpu', precision: 'full' }, work);
  const scoreOf = async (spec: AnswererSpec, passage: Passage, options?: ScoreOptions): Promise<Float64Array> =>
    (await use(spec, (answerer) => answerer.score([passage], options)))[0];

  /** Nats of each token after the first as decoding gives them, reading one token at a time. */
  async function decoded(tokens: Int32Array, adapters: AdapterStack | undefined, combine: Combine): Promise<number[]> {
    const decoder = await Decoder.create(model, adapters);
    const nats: number[] = [];
    for (let t = 0; t + 1 < tokens.length; t++) {
      const { logProbabilities } = (await combine(await decoder.read([tokens[t]]), [tokens[t]]))(0);
      nats.push(-logProbabilities[tokens[t + 1]]);
    }
    decoder.dispose();
    return nats;
  }

  function close(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-3): void {
    assert.equal(found.length, expected.length);
    for (let i = 0; i < found.length; i++) {
      assert.ok(Math.abs(found[i] - expected[i]) <= tolerance, `token ${i}: ${found[i]} and ${expected[i]}`);
    }
  }

  it('a model and an expert score as model/score does', async () => {
    const [nll] = await score(model, [model.tokenizer.encode(text)]);
    assert.deepEqual(await scoreOf(kinds.base, { text }), Float64Array.from(nll));
    const [ofExpert] = await score(model, [model.tokenizer.encode(text)], stack.part(1, 1));
    assert.deepEqual(await scoreOf(kinds.expert, { text }), Float64Array.from(ofExpert));
  });

  it('where the base model is read too, a mixture scores what it writes, and tells of its weight only where it has one', async () => {
    const recent = { weighting: 'recent', decay: 0.9, scales: [0.5], biases: [0, 0] };
    const weighed = { ...recent, biases: [0, 0, 0], base: 'weighed', floor: 0.3 };
    const contrast = { weighting: 'contrast', recent, exponents: [{ mixture: 1.3, base: -0.4 }] };
    const probed = { ...(experts.mixer as object), on: 'base' };
    for (const [mixer, names] of [
      [weighed, ['A', 'B', 'base']],
      [probed, ['A', 'B']],
      [contrast, ['A', 'B']],
    ] as const) {
      // A contrast has no expert whose tokens could be drawn.
      const settings = { ...greedy(6), ...(mixer === contrast && { sampling: 'expert-first' as const, skip: 0.5 }) };
      await use({ ...kinds.mixture, mixer } as AnswererSpec, async (mixture) => {
        const watch = { signal: new AbortController().signal, onToken: () => undefined };
        const answer = await mixture.answer(prompt, settings, watch);
        assert.deepEqual(answer.experts, names);
        assert.ok(answer.tokens.every(({ weights }) => weights.length === names.length));
        const sums = answer.tokens.map(({ weights }) => weights.reduce((sum, weight) => sum + weight, 0));
        close(sums, new Float64Array(sums.length).fill(1), 1e-9);
        const [nats] = await mixture.score([{ text: answer.text, after: prompt }]);
        close(
          nats,
          answer.tokens.map(({ logProbability }) => -(logProbability ?? NaN)),
        );
      });
    }
  });

  it('each scores a text as decoding would', async () => {
    const tokens = model.tokenizer.encode(text);
    const weighed = { k: 2, hiddenSize: model.config.hiddenSize };
    close(await scoreOf(kinds.base, { text }), await decoded(tokens, undefined, single));
    close(await scoreOf(kinds.expert, { text }), await decoded(tokens, stack.part(1, 1), single));
    const combine = mixtureCombine(equalWeights(2), model, stack);
    close(await scoreOf(kinds.uniform, { text }), await decoded(tokens, stack, combine));
    for (const smoothing of ['token', 'prefix'] as const) {
      const mixer = { ...(experts.mixer as object), smoothing };
      const mixed = mixtureCombine(await openWeighting(mixer, weighed, filesOf('')), model, stack);
      const spec = { ...kinds.mixture, mixer };
      close(await scoreOf(spec, { text }), await decoded(tokens, stack, mixed));
    }
  });

  it('what goes on from a prompt is scored alone, as the answer to that prompt', async () => {
    for (const spec of [kinds.base, kinds.expert, kinds.uniform, kinds.mixture]) {
      const settings = greedy(8);
      const watch = { signal: new AbortController().signal, onToken: () => undefined };
      const answer = await use(spec, (answerer) => answerer.answer(prompt, settings, watch));
      const nats = answer.tokens.map(({ logProbability }) => -(logProbability ?? NaN));
      close(await scoreOf(spec, { text: answer.text, after: prompt }), nats);
    }
  });

  it('a prompt that is read aloud is told as it is scored, as text and as its tokens, and gone on with as in silence', async () => {
    const watch = { signal: new AbortController().signal, onToken: () => undefined };
    const tokens = [...model.tokenizer.encode(text)];
    const vocabulary = model.config.vocabularySize;
    const drawnFirst = { sampling: 'expert-first' } as const;
    for (const [spec, drawing] of [
      ...[kinds.base, kinds.expert, kinds.uniform, kinds.mixture].map((spec) => [spec, {}] as const),
      ...[kinds.uniform, kinds.mixture].map((spec) => [spec, drawnFirst] as const),
    ]) {
      const silent = { ...greedy(4), ...drawing };
      const asked = { ...silent, alternatives: 1, echo: true };
      const ask = (prompt: Prompt, settings = asked): Promise<Answer> =>
        use(spec, (answerer) => answerer.answer(prompt, settings, watch));
      const { prompt: read = [], ...answer } = await ask({ tokens });
      assert.equal(read.map((token) => token.text).join(''), text);
      assert.equal(read[0].logProbability, null);
      const told = read.slice(1);
      close(
        told.map(({ logProbability }) => -(logProbability ?? NaN)),
        await scoreOf(spec, { text }),
      );
      for (const { logProbability, weights, alternatives } of told) {
        assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight) - 1) < 1e-6, weights.join());
        assert.ok((logProbability ?? 1) <= alternatives[0].logProbability);
      }
      assert.equal(answer.text, (await ask({ tokens }, silent)).text);
      // Of a text its own tokens are told, whatever is put before it.
      const ofText = await ask(text);
      assert.deepEqual(
        ofText.prompt?.map((token) => token.text),
        told.map((token) => token.text),
      );
      assert.equal(ofText.text, (await ask(text, silent)).text);
      assert.deepEqual((await ask(text, { ...asked, maxTokens: 0 })).tokens, []);
    }
    await assert.rejects(
      use(kinds.base, (base) => base.answer({ tokens: [vocabulary] }, greedy(1), watch)),
      new RegExp(`token ${vocabulary}.*0 to ${vocabulary - 1}`),
    );
    await assert.rejects(
      use(kinds.council, (all) => all.answer({ tokens }, greedy(1), watch)),
      /Send it as text|token ids/,
    );
  });

  it('what was drawn before is drawn less under penalties, of one expert and of several', async () => {
    const watch = { signal: new AbortController().signal, onToken: () => undefined };
    for (const spec of [kinds.base, kinds.mixture]) {
      const different = async (settings: object): Promise<number> => {
        const { tokens } = await use(spec, (all) => all.answer(prompt, { ...greedy(40), ...settings }, watch));
        return new Set(tokens.map((token) => token.text)).size;
      };
      const free = await different({});
      assert.ok(free < 30, `${free}`);
      for (const settings of [{ repetitionPenalty: 1.5 }, { presencePenalty: 2 }, { frequencyPenalty: 2 }]) {
        assert.ok((await different(settings)) > free, JSON.stringify(settings));
      }
    }
  });

  it('several passages at once are those one by one, whatever their lengths', async () => {
    const passages = [{ text }, { text: '' }, { text: 'A', after: prompt }, { text: text.repeat(60) }];
    const together = await use(kinds.mixture, (answerer) => answerer.score(passages));
    for (const [i, passage] of passages.entries()) {
      assert.equal(together[i].length, model.tokenizer.tokens(passage.text).length);
      close(await scoreOf(kinds.mixture, passage), together[i], 1e-4);
    }
  });

  it('texts that share a prompt come after one reading of it, as each by itself, also where it is cut for the longest', async () => {
    const after = 'Which animal barks, and which one purrs?\nAnswer:';
    const choices = [' the dog', ' the cat, of course', ' no', ''];
    for (const prompt of [after, `${'So it goes on and on. '.repeat(400)}${after}`]) {
      const passages = [...choices.map((choice) => ({ text: choice, after: prompt })), { text: 'A text of its own.' }];
      for (const spec of [kinds.base, kinds.expert]) {
        const together = await use(spec, (answerer) => answerer.score(passages));
        assert.deepEqual(
          together.map(({ length }) => length),
          await Promise.all(passages.map(async (passage) => (await scoreOf(spec, passage)).length)),
        );
        if (prompt !== after) continue;
        for (const [i, passage] of passages.entries()) close(together[i], await scoreOf(spec, passage), 1e-4);
      }
    }
  });

  it('prompts that begin alike come after one reading of what they have in common, as each by itself', async () => {
    const role = 'You know animals, and say what they do. Answer as one who has seen them.';
    // What is left of it begins in its midst.
    const long = `${'So it goes on and on. '.repeat(400)}${role}`;
    const prompts = [
      `${role}\nQuestion: Which one barks?\nAnswer:`,
      `${role}\nQuestion: Which one purrs when it is stroked?\nAnswer:`,
      // The role's last token goes on into the question, and is another one.
      `${role}swering nothing, which one barks?`,
      `${role}`,
      `${role}`,
      `${role}\nQuestion: Which one barks?`,
      long,
      `${role}\nQuestion: Which one barks?\nAnswer:`,
    ];
    const texts = [' the dog', ' the cat, of course', ' no'];
    for (const part of [undefined, stack.part(1, 1)]) {
      const loaded = { model, stack: part, experts: ['one'] };
      const passages = prompts.map((after) => texts.map((one) => ({ text: one, after })));
      const alone: Float64Array[] = [];
      for (const passage of passages.flat()) alone.push(...(await singleAnswerer(loaded).score([passage])));
      const reader = new PromptReader(model);
      const read: number[] = [];
      const found: Float64Array[] = [];
      for (const own of passages) {
        const before = model.counted.scored;
        found.push(...(await singleAnswerer(loaded).score(own, { reader })));
        read.push(model.counted.scored - before);
      }
      reader.dispose();
      const together = await singleAnswerer(loaded).score(passages.flat());
      for (const [i, nats] of found.entries()) {
        close(nats, together[i], 2e-5);
        // A prompt that is cut is cut for the longest of its texts.
        if (passages.flat()[i].after !== long) close(nats, alone[i], 2e-5);
      }
      const ofTexts = texts.reduce((sum, one) => sum + model.tokenizer.tokens(one).length - 1, 0);
      const own = read.map((tokens) => tokens - ofTexts);
      const [first, second] = prompts.map((one) => model.tokenizer.prompt(one));
      const parted = second.findIndex((token, t) => token !== first[t]);
      assert.deepEqual([own[0], own[1], own[4]], [first.length, second.length - parted, 1]);
    }
  });

  it('a long text is scored in stretches, each from the begin token on; a long prompt loses its beginning', async () => {
    const tokens = model.tokenizer.encode(text);
    const nats = await scoreOf(kinds.base, { text }, { context: 5 });
    const second = Int32Array.from([tokens[0], ...tokens.subarray(6, 11)]);
    close(nats.subarray(0, 5), (await scoreOf(kinds.base, { text })).subarray(0, 5), 1e-4);
    close(nats.subarray(5, 10), (await score(model, [second]))[0], 1e-4);
    const after = `${'A long day went by.\n'.repeat(200)}${prompt}`;
    assert.equal((await scoreOf(kinds.base, { text, after })).length, tokens.length - 1);
    await assert.rejects(scoreOf(kinds.base, { text, after: 'x'.repeat(9000) }), UserError);
    const signal = AbortSignal.abort();
    await assert.rejects(scoreOf(kinds.base, { text }, { signal }), { name: 'AbortError' });
  });

  it('a merged model is a base in a folder of its own, and scores as its expert does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    try {
      const watch = { signal: new AbortController().signal, report: () => undefined };
      const merged = [{ expert: stack.part(1, 1), weight: 1 }];
      const opened = await openBase(baseModel);
      await writeMergedWeights(opened, merged, folder, { dtype: 'F32', watch });
      await writeCompanions(opened, baseModel, folder, 'F32');
      close(await scoreOf({ kind: 'base', model: folder }, { text }), await scoreOf(kinds.expert, { text }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('a council that votes scores by the mean over its members, after the plain prompt', async () => {
    const members = await Promise.all(
      experts.adapters.map((adapter) =>
        scoreOf({ kind: 'expert', model: baseModel, adapter }, { text, after: prompt }),
      ),
    );
    const mean = members[0].map((nats, t) => (nats + members[1][t]) / 2);
    close(await scoreOf(kinds.council, { text, after: prompt }), mean, 1e-6);
  });

  it('experts with roles write each token together, weighed by the posterior of what all have read', async () => {
    const spec = { ...kinds.council, procedure: 'mixture' } as AnswererSpec;
    const { tokenizer } = model;
    const roles = ['A sailor speaks.\nGo on.\n', 'A cook speaks.\nGo on.\n'];
    // The prompt stands at the end of what each is told; its first token is told by nobody of what all read.
    const shared = tokenizer.tokens(prompt).length;
    const said = tokenizer.tokens(text);
    const logs: number[] = [];
    const logsOfText: number[] = [];
    for (const [i, role] of roles.entries()) {
      const told = tokenizer.prompt(role + prompt);
      assert.deepEqual([...told.subarray(-shared)], [...tokenizer.tokens(prompt)]);
      const [nats] = await score(model, [Int32Array.from([...told, ...said])], stack.part(1 - i, 1));
      const sum = (part: Float32Array): number => part.reduce((total, n) => total + n, 0);
      logs.push(-sum(nats.subarray(told.length - shared, told.length - 1)));
      logsOfText.push(-sum(nats.subarray(told.length - 1)));
    }
    const log = (values: number[]): number => Math.log(values.reduce((total, value) => total + Math.exp(value), 0));
    const expected = log(logs) - log(logs.map((value, e) => value + logsOfText[e]));
    const nats = await scoreOf(spec, { text, after: prompt });
    assert.equal(nats.length, said.length);
    assert.ok(Math.abs(nats.reduce((total, n) => total + n, 0) - expected) < 1e-3);
    const watch = { signal: new AbortController().signal, onToken: () => undefined };
    const { tokens } = await use(spec, (council) => council.answer(prompt, greedy(3), watch));
    for (const { weights } of tokens) assert.ok(Math.abs(weights.reduce((a, b) => a + b, 0) - 1) < 1e-9);
    await assert.rejects(scoreOf(spec, { text }), UserError);
  });

  it('every procedure of councils answers, conversations too', async () => {
    const watch = { signal: new AbortController().signal, onToken: () => undefined };
    for (const { name } of procedures) {
      await use({ ...kinds.council, procedure: name } as AnswererSpec, async (council) => {
        const answer = await council.answer([{ role: 'user', content: 'Who said that?' }], greedy(2), watch);
        assert.equal(answer.council?.procedure, name);
        assert.equal(answer.council.drafts[answer.council.winner].text, answer.text);
      });
    }
  });

  it('a council whose members read each other repeats itself, and scores choices by likelihood', async () => {
    const watch = { signal: new AbortController().signal, onToken: () => undefined };
    await use({ ...kinds.council, procedure: 'relay' } as AnswererSpec, async (council) => {
      assert.deepEqual(await council.answer(prompt, greedy(4), watch), await council.answer(prompt, greedy(4), watch));
      const choices = [' the ship was lost', ' lost ship the was'].map((choice) => ({ text: choice, after: prompt }));
      const [likely, unlikely] = (await council.score(choices)).map((nats) => nats.reduce((a, b) => a + b, 0));
      assert.ok(likely < unlikely);
    });
  });

  it('a kind and a procedure that only a test knows are entries like all others', async () => {
    const parrot: Procedure = {
      name: 'parrot',
      answer: (_seats, given) => Promise.resolve({ text: JSON.stringify(given), finish: 'stop' as const, tokens: [] }),
      score: () => Promise.reject(new UserError('A parrot has no scores.', 'Ask another council.')),
    };
    const spec = z.strictObject({ kind: z.literal('echo'), model: z.string() });
    const echo = answererKind('echo', spec, () => ({
      adapters: [],
      open: (loaded) => ({ ...singleAnswerer(loaded), experts: ['echo'] }),
    }));
    const own = new Answerers([echo, councilKind([vote, parrot])]);
    const place = { device: 'cpu', precision: 'full' } as const;
    const named = await own.use({ answerer: { kind: 'echo', model: baseModel }, ...place }, ({ experts }) =>
      Promise.resolve(experts),
    );
    assert.deepEqual(named, ['echo']);
    const council = { ...kinds.council, procedure: 'parrot' };
    await own.use({ answerer: council, ...place }, async (answerer) => {
      const settings = greedy(1);
      const watch = { signal: new AbortController().signal, onToken: () => undefined };
      const answer = await answerer.answer(prompt, settings, watch);
      assert.equal(answer.text, JSON.stringify(prompt));
      assert.deepEqual(answer.experts, ['B', 'A']);
      await assert.rejects(answerer.score([{ text }]), UserError);
    });
    await assert.rejects(
      use(council, () => Promise.resolve()),
      /No procedure of councils is called parrot/,
    );
  });
});
