/** What clients of llama.cpp's server and of vLLM send: it is answered as these do, or refused with a reason in one sentence. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { InferenceHost } from '../../backend/engine/inference-host';
import { type OpenAiServer, startOpenAi } from '../../backend/server/openai/endpoint';
import { baseModel } from '../support/answerers';

const program = fileURLToPath(new URL('../../backend/programs/inference.js', import.meta.url));
const key = 'a-key-for-tests';

type Body = Record<string, unknown>;

const user = { role: 'user', content: 'The court' };
const sent = (...more: object[]): Body => ({ messages: [user, ...more] });

/** Answered as if nothing of this had been sent: it changes nothing. */
const ignored: Record<string, Body> = {
  'parts with cache_control': {
    messages: [{ role: 'user', content: [{ type: 'text', text: 'The court', cache_control: { type: 'ephemeral' } }] }],
  },
  'fields that a client notes down': { messages: [{ ...user, id: 'm1', createdAt: 1, name: null }] },
  null: { stop: null, presence_penalty: null, user: null, logit_bias: null, seed: null },
  'values that leave an answer as it is': {
    ...{ repetition_penalty: 1, frequency_penalty: 0, top_k: 0, min_p: 0, n: 1, best_of: 1, logit_bias: {}, tools: [] },
    ...{ response_format: { type: 'text' }, tool_choice: 'auto', logprobs: false, top_logprobs: 0, stop: [''] },
    ...{ add_generation_prompt: true, continue_final_message: false, extra_body: {}, chat_template_kwargs: {} },
  },
  'what the most probable token is not asked about': { top_k: 40, min_p: 0.05, top_p: 0, seed: -1 },
  'what mixtures alone are asked': { sampling: 'expert-first', skip: 0.1 },
  'what concerns the server': { keep_alive: 300, cache_prompt: true, user: 'me', reasoning_effort: 'low' },
  'a count of tokens with a point': { max_tokens: 4.0 },
};

/** Answered, otherwise than without it. */
const answered: Record<string, Body> = {
  'an assistant that said nothing': sent({ role: 'assistant', content: null }, { role: 'user', content: 'w' }),
  'an assistant that reasoned': sent(
    { role: 'assistant', content: 'y', reasoning_content: 'z' },
    { role: 'user', content: 'w' },
  ),
  'an answer that is begun': sent({ role: 'assistant', content: 'In 1912 the jury found' }),
  nothing: { messages: [{ role: 'user', content: [] }] },
  'as many tokens as there is room for': { max_tokens: -1 },
  'more tokens than there is room for': { max_tokens: 10 ** 9 },
  'no token': { max_tokens: 0 },
  'any number of stops': { stop: Array.from({ length: 40 }, (_, i) => String.fromCharCode(97 + i)) },
  'a penalty': { repeat_penalty: 1.5 },
  n: { n: 2 },
  'a high temperature': { temperature: 2.5 },
};

/** Refused, by the parameter at fault. */
const refused: Record<string, Body> = {
  messages: { messages: [] },
  'messages.1.role': sent({ role: 'tool', content: 'y', tool_call_id: '1' }),
  'messages.1.tool_calls': sent({ role: 'assistant', content: null, tool_calls: [{ id: '1' }] }),
  'messages.0.content': { messages: [{ role: 'user', content: null }] },
  max_tokens: { max_tokens: '4' },
  response_format: { response_format: { type: 'json_object' } },
  tools: { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'none' },
  options: { options: { num_ctx: 2048 } },
  chat_template_kwargs: { chat_template_kwargs: { enable_thinking: false } },
  continue_final_message: { continue_final_message: true },
  best_of: { best_of: 2 },
  model: { model: null },
  min_p: { min_p: 1.5 },
  repetition_penalty: { repetition_penalty: 0 },
  n: { n: 1.5 },
  sampling: { sampling: 'greedy' },
  skip: { skip: 0.6 },
  seed: { seed: 'a' },
};

describe('requests to the endpoint', () => {
  let host: InferenceHost;
  let server: OpenAiServer;

  before(async () => {
    host = new InferenceHost({ program });
    const models = [{ id: 'base', name: 'Base', description: 'The base model', created: '2026-11-01T00:00:00Z' }];
    server = await startOpenAi({
      ...{ key, port: 0, host: '127.0.0.1' },
      models: () => Promise.resolve(models),
      embed: () => Promise.reject(new Error()),
      ask: ({ model: _, ...question }, options) =>
        host.ask({ ...question, answerer: { kind: 'base', model: baseModel }, device: 'cpu' }, options),
    });
  });

  after(async () => {
    await server.close();
    await host.close();
  });

  interface Reply {
    readonly choices?: readonly { readonly message: { readonly content: string } }[];
    readonly error?: { readonly message: string; readonly param: string | null };
  }

  async function post(body: Body, path = '/chat/completions'): Promise<{ status: number; reply: Reply }> {
    const all = { model: 'base', messages: [user], max_tokens: 4, temperature: 0, ...body };
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(all),
    });
    return { status: response.status, reply: (await response.json()) as Reply };
  }

  const contents = (reply: Reply): string[] => reply.choices?.map(({ message }) => message.content) ?? [];

  for (const [what, body] of Object.entries(ignored)) {
    it(`lets through ${what}`, async () => {
      const { reply: plain } = await post({});
      const { status, reply } = await post(body);
      assert.equal(status, 200, reply.error?.message);
      assert.deepEqual(contents(reply), contents(plain));
    });
  }

  for (const [what, body] of Object.entries(answered)) {
    it(`answers ${what}`, async () => {
      const { reply: plain } = await post({});
      const { status, reply } = await post(body);
      assert.equal(status, 200, reply.error?.message);
      assert.notDeepEqual(contents(reply), contents(plain));
    });
  }

  it('refuses the rest by name, each with its reason in one sentence', async () => {
    for (const [param, body] of Object.entries(refused)) {
      const { status, reply } = await post(body);
      assert.deepEqual([status, reply.error?.param], [400, param], reply.error?.message);
      assert.match(reply.error?.message ?? '', /[^.]\.$/);
      assert.doesNotMatch(reply.error?.message ?? '', /Invalid|expected|undefined/);
    }
  });

  it('paths with a slash too many, the key as llama.cpp has it, and a sign of life without the key', async () => {
    const asked = (path: string, method = 'GET', headers: Record<string, string> = { 'x-api-key': key }) =>
      fetch(new URL(server.url).origin + path, { method, headers }).then(({ status }) => status);
    for (const path of ['/v1/models', '/v1/models/', '//v1/models', '/v1/models/base', '/v1/models?x=1']) {
      assert.deepEqual([await asked(path), await asked(path, 'HEAD')], [200, 200], path);
    }
    assert.deepEqual([await asked('/health', 'GET', {}), await asked('/v1/models', 'GET', {})], [200, 401]);
    assert.equal(await asked('/health', 'GET', { origin: 'https://evil.example' }), 403);
    assert.equal((await post({}, '/chat/completions/')).status, 200);
  });
});
