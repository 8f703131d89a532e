import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AnswerToken } from '../../backend/protocol/answers';
import {
  type Answer,
  type InferenceRequest,
  InferenceEndedError,
  type AnswererSpec,
} from '../../backend/protocol/inference';
import { UserError } from '../../backend/base/errors';
import { InferenceHost } from '../../backend/engine/inference-host';
import { baseModel, makeExperts, type TestExperts } from '../support/answerers';

const program = fileURLToPath(new URL('../../backend/programs/inference.js', import.meta.url));
const base: AnswererSpec = { kind: 'base', model: baseModel };

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function endsWithin(pid: number, milliseconds: number): Promise<boolean> {
  const until = performance.now() + milliseconds;
  while (isAlive(pid) && performance.now() < until) await wait(20);
  return !isAlive(pid);
}

describe('the process that answers prompts', () => {
  let experts: TestExperts;
  let host: InferenceHost;
  let mixture: AnswererSpec;

  before(async () => {
    experts = await makeExperts();
    const { adapters, mixer } = experts;
    mixture = { kind: 'mixture', model: baseModel, adapters, mixer };
    host = new InferenceHost({ program });
  });

  after(async () => {
    await host.close();
    await experts.remove();
  });

  const request = (answerer: AnswererSpec, more: Partial<InferenceRequest> = {}): InferenceRequest => ({
    answerer,
    prompt: 'The captain said that',
    maxTokens: 12,
    seed: 7,
    ...more,
  });

  it('each kind of answerer answers, in its own words and with its own weights', async () => {
    const [first, second] = experts.adapters;
    const answerers: AnswererSpec[] = [
      base,
      { kind: 'expert', model: baseModel, adapter: first },
      { kind: 'expert', model: baseModel, adapter: second, name: 'Harbour' },
      { kind: 'uniform', model: baseModel, adapters: experts.adapters },
      mixture,
    ];
    const answers = await Promise.all(answerers.map((answerer) => host.ask(request(answerer))));
    assert.deepEqual(
      answers.map((answer) => answer.experts),
      [['base'], ['A'], ['Harbour'], ['A', 'B'], ['A', 'B']],
    );
    assert.equal(new Set(answers.map(({ text }) => text)).size, answerers.length);
    for (const { tokens, text, experts: names } of answers) {
      assert.equal(tokens.map((token) => token.text).join(''), text);
      for (const { weights } of tokens) {
        assert.equal(weights.length, names.length);
        assert.ok(Math.abs(weights.reduce((a, b) => a + b) - 1) < 1e-9);
      }
    }
    assert.ok(answers[3].tokens.every(({ weights }) => weights[0] === 0.5));
    assert.ok(answers[4].tokens.some(({ weights }) => Math.abs(weights[0] - 0.5) > 0.01));
  });

  it('answers asked at once are those asked one by one, token by token in turn', async () => {
    const seeds = [1, 2, 3];
    const ask = (seed: number, onToken?: () => void): Promise<{ text: string }> =>
      host.ask(request(mixture, { seed, maxTokens: 20 }), onToken === undefined ? {} : { onToken });
    const order: number[] = [];
    const together = await Promise.all(seeds.map((seed) => ask(seed, () => order.push(seed))));
    for (const [i, seed] of seeds.entries()) assert.equal((await ask(seed)).text, together[i].text);
    assert.ok(order.lastIndexOf(1) > order.indexOf(3), `answers came one after the other: ${order.join()}`);
  });

  it('tells the log-probability of each token, and the most probable alternatives in order', async () => {
    const greedy = await host.ask(request(mixture, { temperature: 0, alternatives: 5 }));
    for (const { text, logProbability, alternatives } of greedy.tokens) {
      assert.equal(alternatives.length, 5);
      assert.deepEqual(alternatives[0], { text, logProbability });
      const probabilities = alternatives.map((alternative) => Math.exp(alternative.logProbability));
      assert.deepEqual(
        probabilities,
        [...probabilities].sort((a, b) => b - a),
      );
      assert.ok(probabilities.reduce((a, b) => a + b) <= 1 + 1e-9);
    }
    const drawn = await host.ask(request(mixture, { temperature: 2, topP: 1 }));
    const logs = ({ tokens }: Answer): number[] => tokens.map(({ logProbability }) => logProbability ?? NaN);
    assert.ok(drawn.tokens.every(({ alternatives }) => alternatives.length === 0));
    assert.ok(logs(drawn).every((log) => log <= 0) && logs(drawn).some((log) => log < logs(greedy)[0]));
  });

  it('ends at a stop text, at the limit, and at the end of the positions, and says which', async () => {
    const free = await host.ask(request(base, { maxTokens: 30 }));
    assert.equal(free.finish, 'length');
    assert.equal(free.tokens.length, 30);
    const stop = free.text.slice(20, 24);
    const heard: AnswerToken[] = [];
    const stopped = await host.ask(request(base, { maxTokens: 30, stop: [stop] }), {
      onToken: (token) => heard.push(token),
    });
    assert.equal(stopped.finish, 'stop');
    assert.equal(stopped.text, free.text.slice(0, free.text.indexOf(stop)));
    assert.deepEqual(heard, stopped.tokens);
    const full = await host.ask(request(base, { prompt: ' the'.repeat(505), maxTokens: 100, temperature: 0 }));
    assert.equal(full.promptTokens + full.tokens.length, 513);
  });

  it('a prompt that is too long loses its beginning where that is asked for: whole lines, words of one line, the oldest turns', async () => {
    const ask = (
      prompt: InferenceRequest['prompt'],
      shorten = true,
      maxTokens = 12,
    ): ReturnType<InferenceHost['ask']> => host.ask(request(base, { prompt, shorten, maxTokens }));
    const lines = Array.from({ length: 40 }, (_, i) => `${i} men of the ship said that the sea was calm.`);
    const long = lines.join('\n');
    await assert.rejects(ask(long, false), UserError);
    const answer = await ask(long);
    const counts: number[] = [];
    for (let from = lines.length - 1; (counts.at(-1) ?? 0) <= 500; from--) {
      counts.push(
        (await ask(lines.slice(from).join('\n'), false, 1).catch(() => ({ promptTokens: 513 }))).promptTokens,
      );
    }
    assert.equal(answer.promptTokens, counts.at(-2));
    assert.equal(answer.text, (await ask(lines.slice(1 - counts.length).join('\n'), false)).text);
    const words = await ask(' the'.repeat(900));
    assert.ok(words.promptTokens > 450 && words.promptTokens <= 500, `${words.promptTokens} tokens`);
    const turn = (role: 'user' | 'assistant', content: string) => ({ role, content });
    const last = [turn('user', 'And the sea?'), turn('assistant', 'It was calm.'), turn('user', 'Go on.')];
    const system = { role: 'system' as const, content: 'You tell stories.' };
    const conversation = await ask([system, turn('user', long), turn('assistant', 'They did.'), ...last]);
    assert.equal(conversation.text, (await ask([system, ...last], false)).text);
    await assert.rejects(ask('x'.repeat(9000)), UserError);
  });

  it('a council drafts, votes by likelihood, and streams the draft that won', async () => {
    const members = [
      { index: 1, role: 'A sailor speaks.' },
      { index: 0, role: 'A cook speaks.' },
    ];
    const answerer: AnswererSpec = {
      kind: 'council',
      model: baseModel,
      adapters: experts.adapters,
      names: ['Cook', 'Sailor'],
      members,
      instruction: 'Go on with the story.',
    };
    const heard: AnswerToken[] = [];
    const answer = await host.ask(request(answerer), { onToken: (token) => heard.push(token) });
    const { winner, drafts } = answer.council ?? assert.fail('no drafts');
    assert.deepEqual(answer.experts, ['Sailor', 'Cook']);
    assert.deepEqual(
      drafts.map(({ expert }) => expert),
      ['Sailor', 'Cook'],
    );
    const mean = (scores: (number | null)[]): number =>
      scores.reduce((sum: number, score) => sum + (score ?? NaN), 0) / scores.length;
    const means = drafts.map(({ scores }) => mean(scores));
    assert.equal(winner, means.indexOf(Math.max(...means)));
    assert.equal(answer.text, drafts[winner].text);
    assert.deepEqual(heard, answer.tokens);
    assert.notEqual(drafts[0].text, drafts[1].text);
    assert.equal(answer.promptTokens, (await host.ask(request(base))).promptTokens);

    // The same draft judged by asking the expert itself: greedy tokens after the plain prompt, one member without a role.
    const alone = { ...answerer, members: [{ index: 0, role: '' }], instruction: '' };
    const single = await host.ask(request(alone, { temperature: 0 }));
    const nats = mean(single.tokens.map(({ logProbability }) => logProbability));
    assert.ok(Math.abs((single.council?.drafts[0].scores[0] ?? 0) - nats) < 1e-3);
  });

  it('mistakes of the user are told with the next step', async () => {
    const refused = (answerer: AnswererSpec, message: RegExp, more: Partial<InferenceRequest> = {}): Promise<void> =>
      assert.rejects(host.ask(request(answerer, more)), (error) => {
        assert.ok(error instanceof UserError && error.next !== '', String(error));
        assert.match(error.message, message);
        return true;
      });
    await refused(base, /has 600 tokens, and the model reads at most 512/, { prompt: ' the'.repeat(600) });
    await refused(base, /has 125,000 tokens, and the model reads at most 512/, { prompt: ' '.repeat(2_000_000) });
    await refused({ kind: 'base', model: join(tmpdir(), 'nowhere') }, /nowhere does not exist/);
    await refused({ kind: 'expert', model: baseModel, adapter: tmpdir() }, /adapter_config\.json/);
    await refused({ ...mixture, mixer: {} } as AnswererSpec, /mixer is damaged/);
    const adapters = [experts.adapters[0]];
    await refused({ ...mixture, adapters } as AnswererSpec, /trained for 2 experts/);
    const members = [{ index: 3, role: '' }];
    await refused({ kind: 'council', model: baseModel, adapters, members, instruction: '' }, /names expert 3/);
  });

  it('a question that is taken back stops at once, and the others go on', async () => {
    const controller = new AbortController();
    let tokens = 0;
    const other = host.ask(request(base, { seed: 3 }));
    const cancelled = host.ask(request(base, { prompt: 'Once', maxTokens: 400 }), {
      signal: controller.signal,
      onToken: () => ++tokens === 3 && controller.abort(),
    });
    await assert.rejects(cancelled, { name: 'AbortError' });
    assert.equal((await other).tokens.length, 12);
    await host.ask(request(base));
    assert.equal(tokens, 3);
    await assert.rejects(host.ask(request(base), { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });

  it('killed in the middle of an answer: the answer fails, the next question starts it again', async () => {
    const { pid } = host;
    const killed = host.ask(request(base, { maxTokens: 400 }), { onToken: () => process.kill(pid ?? 0, 'SIGKILL') });
    await assert.rejects(killed, (error) => error instanceof InferenceEndedError && /SIGKILL/.test(error.message));
    assert.equal((await host.ask(request(base))).tokens.length, 12);
    assert.notEqual(host.pid, pid);
  });

  it('ended when nobody asks for a while, and started again', async () => {
    const brief = new InferenceHost({ program, idleMs: 50 });
    const { text } = await brief.ask(request(base));
    const pid = brief.pid ?? assert.fail('no process');
    assert.ok(await endsWithin(pid, 2000));
    assert.equal(brief.pid, undefined);
    assert.equal((await brief.ask(request(base))).text, text);
    const last = brief.pid ?? assert.fail('no process');
    const open = assert.rejects(brief.ask(request(base, { maxTokens: 400 })), /was ended/);
    await brief.close();
    await open;
    assert.ok(!isAlive(last));
    await assert.rejects(brief.ask(request(base)), /closed/);
  });
});

describe('a process that answers prompts and will not live', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('that crashes five times within three minutes is not started again, and the error says so', async () => {
    const crashing = join(folder, 'crashing.mjs');
    await writeFile(crashing, "process.on('message', () => process.exit(3));");
    const host = new InferenceHost({ program: crashing });
    for (let i = 0; i < 5; i++) await assert.rejects(host.ask({ answerer: base, prompt: 'x' }), /exit code 3/);
    await assert.rejects(host.ask({ answerer: base, prompt: 'x' }), /5 times within 3 minutes/);
    assert.equal(host.pid, undefined);
    await host.close();
  });

  it('does not outlive a host that was killed, even while its event loop is blocked', async () => {
    const script = join(folder, 'host.mjs');
    await writeFile(
      script,
      `import { fork } from 'node:child_process';
       import { once } from 'node:events';
       const block = 'setInterval(() => { if (process.listenerCount("message")) { process.send(1); for (;;); } }, 20)';
       const children = [[], ['--import', 'data:text/javascript,' + block]].map((execArgv) =>
         fork(${JSON.stringify(program)}, { serialization: 'advanced', execArgv }));
       const request = { answerer: ${JSON.stringify(base)}, prompt: 'Once', maxTokens: 500 };
       children[0].send({ type: 'ask', id: 1, request });
       await Promise.all(children.map((child) => once(child, 'message')));
       console.log(JSON.stringify(children.map(({ pid }) => pid)));`,
    );
    const host = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pids = await new Promise<number[]>((resolve) => {
      host.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as number[]));
    });
    assert.ok(pids.every(isAlive));
    host.kill('SIGKILL');
    for (const pid of pids) assert.ok(await endsWithin(pid, 3000), `process ${pid} is an orphan`);
  });
});
