import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI, { APIError, APIUserAbortError, BadRequestError, NotFoundError } from 'openai';
import type { ChatCompletionChunk } from 'openai/resources';
import type { AnswererSpec } from '../../backend/protocol/inference';
import { InferenceHost } from '../../backend/engine/inference-host';
import { type OpenAiServer, startOpenAi } from '../../backend/server/openai/endpoint';
import { writeEncoder } from '../support/encoder';
import { baseModel, makeExperts, type TestExperts } from '../support/answerers';

const program = fileURLToPath(new URL('../../backend/programs/inference.js', import.meta.url));
const key = 'a-key-for-tests';
const prompt = 'The captain said that';
const greedy = { model: 'mixture', prompt, max_tokens: 10, temperature: 0 };

/** What this endpoint adds to OpenAI's choices. */
interface Extension {
  readonly polymath: { readonly experts: string[]; readonly tokens: string[]; readonly weights: number[][] };
}

/** The base model in a folder of its own, with a chat template. */
async function makeInstruct(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'polymath-instruct-'));
  for (const file of ['config.json', 'tokenizer.json', 'model.safetensors']) {
    await copyFile(join(baseModel, file), join(folder, file));
  }
  const config = JSON.parse(await readFile(join(baseModel, 'tokenizer_config.json'), 'utf8')) as object;
  const template = `{% for m in messages %}
{%- if m.role == 'system' %}[{{ m.content }}]
{% elif m.role == 'user' %}> {{ m.content }}
{% elif loop.first %}{{ raise_exception('You begin.') }}
{% endif %}{% endfor %}`;
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ ...config, chat_template: template }));
  return folder;
}

describe('the OpenAI-compatible endpoint', () => {
  let experts: TestExperts;
  let instruct: string;
  let encoders: string;
  let host: InferenceHost;
  let server: OpenAiServer;
  let client: OpenAI;
  let running = 0;

  before(async () => {
    experts = await makeExperts();
    instruct = await makeInstruct();
    encoders = await mkdtemp(join(tmpdir(), 'polymath-encoders-'));
    await writeEncoder(join(encoders, 'org/words'));
    const { adapters, mixer } = experts;
    const council = { members: [0, 1].map((index) => ({ index, role: `Expert ${index}.` })), instruction: '' };
    const answerers: Record<string, AnswererSpec> = {
      mixture: { kind: 'mixture', model: baseModel, adapters, mixer },
      base: { kind: 'base', model: baseModel },
      instruct: { kind: 'base', model: instruct },
      'council:two voices': { kind: 'council', model: baseModel, adapters, ...council },
    };
    host = new InferenceHost({ program });
    server = await startOpenAi({
      key,
      port: 0,
      host: '127.0.0.1',
      models: () =>
        Promise.resolve(
          Object.keys(answerers).map((id) => ({
            id,
            name: id,
            description: `answers as ${id}`,
            created: '2026-11-01T00:00:00Z',
          })),
        ),
      embed: ({ model, texts }, options) =>
        host.embed({ by: answerers[model] ?? { kind: 'encoder', model: join(encoders, model) }, texts }, options),
      ask: async ({ model, ...question }, options) => {
        running++;
        try {
          return await host.ask({ ...question, answerer: answerers[model as string], device: 'cpu' }, options);
        } finally {
          running--;
        }
      },
    });
    client = new OpenAI({ apiKey: key, baseURL: server.url, maxRetries: 0 });
  });

  after(async () => {
    await server.close();
    await host.close();
    await experts.remove();
    await rm(instruct, { recursive: true });
    await rm(encoders, { recursive: true });
  });

  describe('answers', () => {
    it('lists the models, and tells of one', async () => {
      const ids = (await client.models.list()).data.map(({ id }) => id);
      assert.deepEqual(ids, ['mixture', 'base', 'instruct', 'council:two voices']);
      const model = await client.models.retrieve('council:two voices');
      assert.equal(model.id, 'council:two voices');
      assert.equal(model.created, Date.UTC(2026, 10) / 1000);
    });

    it('completions: the same seed gives the same text, whole and streamed; usage counts what was read and written', async () => {
      const params = { model: 'mixture', prompt, max_tokens: 12, seed: 3 };
      const whole = await client.completions.create(params);
      assert.deepEqual((await client.completions.create(params)).choices, whole.choices);
      const other = await client.completions.create({ ...params, seed: 4 });
      assert.notEqual(other.choices[0].text, whole.choices[0].text);

      let text = '';
      const finishes: string[] = [];
      let usage: unknown;
      const stream = await client.completions.create({
        ...params,
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const chunk of stream) {
        for (const choice of chunk.choices) {
          text += choice.text;
          finishes.push(choice.finish_reason);
        }
        if (chunk.usage) usage = chunk.usage;
      }
      assert.equal(text, whole.choices[0].text);
      assert.equal(finishes.at(-1), 'length');
      assert.ok(finishes.slice(0, -1).every((finish) => finish === null));
      assert.deepEqual(usage, whole.usage);
      assert.equal(whole.usage?.completion_tokens, 12);
      assert.ok(whole.usage.prompt_tokens > 4);
      assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + 12);
    });

    it('each choice tells what every expert had to say in each token', async () => {
      const { choices } = await client.completions.create(greedy);
      const { polymath, text } = choices[0] as unknown as Extension & { text: string };
      assert.deepEqual(polymath.experts, ['A', 'B']);
      assert.equal(polymath.tokens.join(''), text);
      assert.equal(polymath.weights.length, 10);
      for (const weights of polymath.weights) assert.ok(Math.abs(weights[0] + weights[1] - 1) < 1e-9);
    });

    it('log-probabilities: finite, at most 0, the greedy token on top, probabilities of at most 1 together', async () => {
      const { choices } = await client.completions.create({ ...greedy, logprobs: 4 });
      const { tokens = [], token_logprobs = [], top_logprobs = [], text_offset = [] } = choices[0].logprobs ?? {};
      assert.equal(tokens.length, 10);
      tokens.forEach((token, i) => {
        assert.ok(Number.isFinite(token_logprobs[i]) && token_logprobs[i] <= 0);
        const top = Object.values(top_logprobs[i]);
        assert.equal(top_logprobs[i][token], Math.max(...top));
        assert.ok(top.reduce((sum, log) => sum + Math.exp(log), 0) <= 1 + 1e-9);
        assert.equal(choices[0].text.slice(text_offset[i], text_offset[i] + token.length), token);
      });
      const without = await client.completions.create(greedy);
      assert.equal(without.choices[0].logprobs, null);
      assert.equal(without.choices[0].text, choices[0].text);
    });

    it('several prompts get a choice each, whole and streamed; echo repeats the prompt', async () => {
      const prompts = [prompt, 'Boil the'];
      const params = { ...greedy, prompt: prompts, echo: true };
      const { choices, usage } = await client.completions.create(params);
      assert.deepEqual(
        choices.map(({ index }) => index),
        [0, 1],
      );
      choices.forEach(({ text }, i) => assert.ok(text.startsWith(prompts[i]) && text.length > prompts[i].length));
      assert.equal(usage?.completion_tokens, 20);
      const streamed = ['', ''];
      for await (const chunk of await client.completions.create({ ...params, stream: true })) {
        for (const { index, text } of chunk.choices) streamed[index] += text;
      }
      assert.deepEqual(
        streamed,
        choices.map(({ text }) => text),
      );
    });

    it('ends before a stop text, and says so', async () => {
      const free = (await client.completions.create(greedy)).choices[0];
      assert.equal(free.finish_reason, 'length');
      const stop = free.text.slice(8, 11);
      const stopped = (await client.completions.create({ ...greedy, stop })).choices[0];
      assert.equal(stopped.finish_reason, 'stop');
      assert.equal(stopped.text, free.text.slice(0, free.text.indexOf(stop)));
    });

    it('echo with log-probabilities: of text and of token ids, whole and streamed, with an answer or none', async () => {
      const told = { ...greedy, max_tokens: 1, echo: true, logprobs: 1 };
      const whole = (await client.completions.create(told)).choices[0];
      const { tokens = [], token_logprobs = [], text_offset = [] } = whole.logprobs ?? {};
      assert.equal(tokens.join(''), whole.text);
      assert.ok(whole.text.startsWith(prompt) && token_logprobs.slice(1).every((nats) => nats < 0));
      tokens.forEach((token, i) =>
        assert.equal(whole.text.slice(text_offset[i], text_offset[i] + token.length), token),
      );
      const read = (await client.completions.create({ ...told, max_tokens: 0 })).choices[0];
      assert.deepEqual([read.text, read.logprobs?.token_logprobs], [prompt, token_logprobs.slice(0, -1)]);

      // As token ids, two prompts at once: the first token has nothing before it.
      const ids = [259, 300, 301];
      const { choices, usage } = await client.completions.create({ ...told, prompt: [ids, [0, ...ids]] });
      assert.equal(usage?.prompt_tokens, 7);
      const [bare, begun] = choices.map(({ logprobs }) => logprobs?.token_logprobs ?? []);
      assert.deepEqual([bare.length, begun.length, bare[0], begun[0]], [4, 5, null, null]);
      assert.notEqual(bare[1], begun[2]);
      let text = '';
      const streamed: (number | null)[] = [];
      for await (const { choices } of await client.completions.create({ ...told, prompt: ids, stream: true })) {
        text += choices[0].text;
        streamed.push(...(choices[0].logprobs?.token_logprobs ?? []));
      }
      assert.equal(text, choices[0].text);
      assert.equal(streamed.length, bare.length);
      streamed.forEach((nats, i) => assert.ok(Math.abs((nats ?? 0) - (bare[i] ?? 0)) < 1e-4));
    });

    it('n answers with a seed each; the prompt counts once', async () => {
      const params = { model: 'mixture', prompt: [prompt, 'Boil the'], max_tokens: 8, seed: 3, n: 2 };
      const { choices, usage } = await client.completions.create(params);
      assert.deepEqual(
        choices.map(({ index }) => index),
        [0, 1, 2, 3],
      );
      const [first, second, third] = choices.map(({ text }) => text);
      assert.notEqual(first, second);
      const alone = await client.completions.create({ ...params, prompt, n: 1, seed: 4 });
      assert.equal(alone.choices[0].text, second);
      const other = await client.completions.create({ ...params, prompt: 'Boil the', n: 1 });
      assert.equal(other.choices[0].text, third);
      assert.equal(usage?.completion_tokens, 32);
      assert.equal(usage.prompt_tokens, (alone.usage?.prompt_tokens ?? 0) + (other.usage?.prompt_tokens ?? 0));
    });

    it('embeddings: unit vectors, of a model and of a sentence encoder, near for texts that are alike', async () => {
      const input = [
        'The captain and crew sail with the wind.',
        'The crew sail with the tide.',
        'Stir the flour and butter to a dough.',
      ];
      for (const model of ['base', 'org/words']) {
        const { data, usage } = await client.embeddings.create({ model, input });
        const vectors = data.map(({ embedding }) => embedding);
        const cosine = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
        for (const vector of vectors) assert.ok(Math.abs(cosine(vector, vector) - 1) < 1e-4);
        assert.ok(cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]), model);
        assert.ok(usage.total_tokens > 10);
        const plain = await client.embeddings.create({ model, input: input[0], encoding_format: 'float' });
        plain.data[0].embedding.forEach((x, i) => assert.ok(Math.abs(x - vectors[0][i]) < 1e-4));
      }
      const ofIds = await client.embeddings.create({ model: 'base', input: [0, 259, 300] });
      assert.deepEqual([ofIds.data.length, ofIds.usage.prompt_tokens], [1, 3]);
      await assert.rejects(client.embeddings.create({ model: 'mixture', input }), /one expert/);
      await assert.rejects(client.embeddings.create({ model: 'base', input: '' }), /empty/);
      await assert.rejects(client.embeddings.create({ model: 'ada', input }), NotFoundError);
    });

    it('chat, whole and streamed: role first, reason last, then usage', async () => {
      const params = {
        model: 'mixture',
        messages: [
          { role: 'system' as const, content: 'A talk at sea.' },
          { role: 'user' as const, content: [{ type: 'text' as const, text: 'What is a keel?' }] },
        ],
        max_completion_tokens: 12,
        seed: 5,
        logprobs: true,
        top_logprobs: 3,
      };
      const whole = await client.chat.completions.create(params);
      const [{ message, logprobs, finish_reason }] = whole.choices;
      assert.equal(message.role, 'assistant');
      assert.ok((message.content ?? '').length > 0 && !/^\s/.test(message.content ?? ''));
      const tokens = logprobs?.content ?? [];
      assert.equal(tokens.map(({ token }) => token).join(''), message.content);
      for (const { token, bytes, logprob, top_logprobs } of tokens) {
        assert.ok(logprob <= 0 && top_logprobs.length === 3 && top_logprobs[0].logprob >= logprob);
        assert.equal(Buffer.from(bytes ?? []).toString(), token);
      }

      const chunks: ChatCompletionChunk[] = [];
      const streaming = { ...params, stream: true as const, stream_options: { include_usage: true } };
      for await (const chunk of await client.chat.completions.create(streaming)) chunks.push(chunk);
      assert.equal(chunks[0].choices[0].delta.role, 'assistant');
      const content = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      assert.equal(content, message.content);
      assert.equal(chunks.at(-2)?.choices[0].finish_reason, finish_reason);
      assert.deepEqual(chunks.at(-1)?.choices, []);
      assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
    });

    it("chat goes through the model's own template, and the base model's through plain text", async () => {
      const messages = [
        { role: 'developer' as const, content: 'A talk at sea.' },
        { role: 'user' as const, content: 'What is <|endoftext|>?' },
      ];
      const params = { max_tokens: 10, temperature: 0, logprobs: true };
      const asked = (model: string): Promise<OpenAI.ChatCompletion> =>
        client.chat.completions.create({ ...params, model, messages });
      const completed = (prompt: string, stop: string[]): Promise<OpenAI.Completion> =>
        client.completions.create({ model: 'base', prompt, max_tokens: 10, temperature: 0, stop });
      const templated = await completed('[A talk at sea.]\n> What is <|endoftext|>?\n', []);
      const chat = await asked('instruct');
      assert.equal(chat.choices[0].message.content, templated.choices[0].text);
      assert.deepEqual(chat.usage, templated.usage);
      const plain = 'A talk at sea.\n\nUser: What is <|endoftext|>?\n\nAssistant:';
      const continued = (await completed(plain, ['\nUser:'])).choices[0].text;
      assert.equal((await asked('base')).choices[0].message.content, continued.trimStart());
    });

    it('a conversation that the template refuses is told with its words', async () => {
      const messages = [{ role: 'assistant' as const, content: 'I begin.' }];
      const asked = client.chat.completions.create({ model: 'instruct', messages });
      await assert.rejects(asked, (error) => error instanceof BadRequestError && /You begin/.test(error.message));
    });

    it('a council answers like any other model', async () => {
      const params = { ...greedy, model: 'council:two voices' };
      const whole = await client.completions.create(params);
      let text = '';
      for await (const { choices } of await client.completions.create({ ...params, stream: true })) {
        text += choices[0].text;
      }
      assert.ok(text.length > 0);
      assert.equal(text, whole.choices[0].text);
    });

    it('a client that goes away in the middle takes its question back, and the next one is answered', async () => {
      const stream = await client.completions.create({ ...greedy, max_tokens: 400, stream: true });
      let chunks = 0;
      for await (const chunk of stream) if (chunk.choices.length > 0 && ++chunks === 3) break;
      const controller = new AbortController();
      const whole = client.completions.create({ ...greedy, max_tokens: 400 }, { signal: controller.signal });
      setTimeout(() => controller.abort(), 100);
      await assert.rejects(whole, APIUserAbortError);
      const until = performance.now() + 3000;
      while (running > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(running, 0);
      assert.equal((await client.completions.create(greedy)).choices[0].finish_reason, 'length');
    });

    it('a process killed while it streams ends the stream with an error, and the next question is answered', async () => {
      const stream = await client.completions.create({ ...greedy, max_tokens: 400, stream: true });
      await assert.rejects(async () => {
        for await (const chunk of stream) if (chunk.choices.length > 0 && host.pid) process.kill(host.pid, 'SIGKILL');
      }, /SIGKILL/);
      assert.equal((await client.completions.create(greedy)).choices[0].finish_reason, 'length');
    });
  });

  describe('refuses', () => {
    type Body = Record<string, unknown>;

    const post = (path: string, body: Body): Promise<unknown> => client.post(path, { body });
    async function refused(
      status: number,
      details: { param?: string; code: string },
      work: Promise<unknown>,
    ): Promise<void> {
      await assert.rejects(work, (error) => {
        assert.ok(error instanceof APIError, String(error));
        const { status: told, param, code, message } = error as APIError<number>;
        assert.deepEqual({ status: told, param, code }, { status, param: null, ...details }, message);
        return true;
      });
    }

    it('an unknown model, naming those there are', async () => {
      const asked = client.completions.create({ model: 'gpt-4', prompt });
      await assert.rejects(asked, (error) => error instanceof NotFoundError && /mixture, base/.test(error.message));
      await refused(404, { param: 'model', code: 'model_not_found' }, client.models.retrieve('gpt-4'));
    });

    it('parameters that would change the answer, by name, and lets harmless ones through', async () => {
      const messages = [{ role: 'user', content: 'Hello' }];
      const completionCases: Body = { best_of: 3, suffix: 'end', logit_bias: { 5: 1 }, ignore_eos: true };
      for (const [param, value] of Object.entries(completionCases)) {
        const details = { param, code: 'unsupported_parameter' };
        await refused(400, details, post('/completions', { ...greedy, [param]: value }));
      }
      const tools = [{ type: 'function', function: { name: 'f' } }];
      const chatCases: Body = { tools, response_format: { type: 'json_object' }, audio: { voice: 'a' } };
      for (const [param, value] of Object.entries(chatCases)) {
        const details = { param, code: 'unsupported_parameter' };
        await refused(400, details, post('/chat/completions', { model: 'base', messages, [param]: value }));
      }
      const unknown = { param: 'dry_base', code: 'unknown_parameter' };
      await refused(400, unknown, post('/completions', { ...greedy, dry_base: 2 }));
      const harmless = {
        n: 1,
        user: 'me',
        store: false,
        metadata: {},
        stop: null,
        presence_penalty: 0,
        logit_bias: {},
      };
      await post('/completions', { ...greedy, max_tokens: 1, ...harmless });
    });

    it('values of the wrong kind or range, and parts of messages that are no text', async () => {
      const image = [{ type: 'image_url', image_url: { url: 'data:' } }];
      const invalid = (param: string): { param: string; code: string } => ({ param, code: 'invalid_value' });
      await refused(400, invalid('max_tokens'), post('/completions', { ...greedy, max_tokens: -2 }));
      await refused(400, invalid('max_tokens'), post('/completions', { ...greedy, max_tokens: 1.5 }));
      await refused(400, invalid('temperature'), post('/completions', { ...greedy, temperature: 11 }));
      await refused(400, invalid('logprobs'), post('/completions', { ...greedy, logprobs: 21 }));
      await refused(400, invalid('prompt'), post('/completions', { ...greedy, prompt: [1, 'a'] }));
      await refused(400, invalid('stop'), post('/completions', { ...greedy, stop: [5] }));
      const messages = [{ role: 'user', content: image }];
      await refused(400, invalid('messages.0.content'), post('/chat/completions', { model: 'base', messages }));
      await refused(400, invalid('messages'), post('/chat/completions', { model: 'base', messages: [] }));
    });

    it('a prompt that is too long, with both numbers, streamed or not', async () => {
      for (const stream of [false, true]) {
        const asked = client.completions.create({ ...greedy, prompt: ' the'.repeat(600), stream });
        await assert.rejects(asked, (error) => error instanceof BadRequestError && /600.*512/.test(error.message));
      }
    });

    interface Raw {
      readonly status: number;
      readonly headers: NodeJS.Dict<string | string[]>;
      readonly error: { message: string; type: string; code: string | null };
    }

    /** A request with exactly these headers besides a right key. */
    function raw(
      path: string,
      method: string,
      headers: Record<string, string> = {},
      body: string | Buffer = '',
    ): Promise<Raw> {
      const url = `${server.url}${path}`;
      return new Promise((resolve, reject) => {
        const sent = httpRequest(
          url,
          { method, headers: { authorization: `Bearer ${key}`, ...headers } },
          (response) => {
            let text = '';
            response.on('data', (part: Buffer) => (text += part.toString()));
            response.on('end', () => {
              const { error } = (text === '' ? {} : JSON.parse(text)) as Pick<Raw, 'error'>;
              resolve({ status: response.statusCode ?? 0, headers: response.headers, error });
            });
          },
        );
        sent.on('error', reject).end(body);
      });
    }

    const json = { 'content-type': 'application/json' };
    const body = JSON.stringify({ ...greedy, max_tokens: 1 });

    it('a wrong, missing or cut key on every path and method, before anything else', async () => {
      const wrong = new OpenAI({ apiKey: 'wrong', baseURL: server.url, maxRetries: 0 });
      await refused(401, { code: 'invalid_api_key' }, wrong.models.list());
      for (const path of ['/models', '/models/base', '/completions', '/chat/completions', '/nothing', '']) {
        for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
          for (const authorization of ['', 'Bearer', `Bearer ${key.slice(1)}`, `Basic ${key}`]) {
            const { status, error } = await raw(path, method, { authorization });
            assert.equal(status, 401);
            assert.equal(error.code, 'invalid_api_key');
          }
        }
      }
    });

    it('whatever a web page can send: an Origin, a foreign Host, a form; and gives no CORS header', async () => {
      for (const origin of ['https://evil.example', 'null', 'http://localhost:3000']) {
        assert.equal((await raw('/completions', 'POST', { ...json, origin }, body)).status, 403);
      }
      const { port } = new URL(server.url);
      for (const foreign of [`evil.example:${port}`, `127.0.0.1.nip.io:${port}`, '127.0.0.1:1', `0.0.0.0:${port}`]) {
        assert.equal((await raw('/models', 'GET', { host: foreign })).status, 403);
      }
      assert.equal((await raw('/models', 'GET', { host: `localhost:${port}` })).status, 200);
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
        assert.equal((await raw('/completions', 'POST', { 'content-type': type }, body)).status, 415);
      }
      const { status, headers } = await raw('/completions', 'POST', json, body);
      assert.equal(status, 200);
      assert.ok(Object.keys(headers).every((name) => !name.startsWith('access-control')));
    });

    it('other paths and methods', async () => {
      assert.equal((await raw('/images', 'POST', json, '{}')).status, 404);
      assert.equal((await raw('/../v1', 'GET')).status, 404);
      const options = await raw('/completions', 'OPTIONS');
      assert.deepEqual([options.status, options.headers.allow], [405, 'POST']);
      assert.equal((await raw('/models', 'HEAD')).status, 200);
      assert.equal((await raw('/models', 'DELETE')).status, 405);
    });

    it('bodies that are too large, too deep, cut short, not UTF-8 or meant to reach a prototype', async () => {
      const huge = JSON.stringify({ ...greedy, prompt: 'x'.repeat(9 * 2 ** 20) });
      assert.equal((await raw('/completions', 'POST', json, huge)).status, 413);
      const deep = `{"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
      assert.match((await raw('/completions', 'POST', json, deep)).error.message, /64 levels/);
      assert.equal((await raw('/completions', 'POST', json, body.slice(0, -1))).status, 400);
      assert.equal((await raw('/completions', 'POST', json, '[]')).status, 400);
      const latin1 = Buffer.from(body.replace('captain', 'caf\u00e9'), 'latin1');
      assert.match((await raw('/completions', 'POST', json, latin1)).error.message, /UTF-8/);
      const polluting = `{"__proto__":{"polluted":1},${body.slice(1)}`;
      assert.equal((await raw('/completions', 'POST', json, polluting)).status, 400);
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      const brackets = JSON.stringify({ ...greedy, max_tokens: 1, prompt: '\\"[['.repeat(100) });
      assert.equal((await raw('/completions', 'POST', json, brackets)).status, 200);
    });

    it('a port that is taken, with the next step', async () => {
      const { port } = new URL(server.url);
      const failing = (): Promise<never> => Promise.reject(new Error());
      const options = { key, models: () => Promise.resolve([]), ask: failing, embed: failing };
      const second = startOpenAi({ ...options, port: Number(port), host: '127.0.0.1' });
      await assert.rejects(second, { name: 'UserError', next: /another port/ });
    });

    it('a connection that says nothing useful gets an answer and does no harm', async () => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.end('GET /v1/models HTTP/1.1\r\n\r\n');
      const parts: Buffer[] = [];
      for await (const part of socket) parts.push(part as Buffer);
      assert.match(Buffer.concat(parts).toString(), /^HTTP\/1\.1 400/);
      assert.equal((await client.models.list()).data.length, 4);
    });
  });
});
