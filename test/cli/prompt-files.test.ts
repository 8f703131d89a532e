import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Prompts, readPrompts } from '../../backend/cli/prompt-files';

describe('prompts of other tools', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const write = async (name: string, content: unknown): Promise<string> => {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(folder, name);
  };
  const textsOf = ({ prompts }: Prompts): string[] => prompts.map(({ text }) => text);

  it('are read of a promptfoo configuration: texts, files, conversations; what is left out is told', async () => {
    await write('two.txt', 'You know law.\n---\nYou bake.\n{{question}}\n');
    await write('chat.json', [
      { role: 'system', content: 'You sail.' },
      { role: 'user', content: '{{question}}' },
    ]);
    const config = await write(
      'promptfooconfig.yaml',
      `providers: [openai:x]
prompts:
  - |-
    You know medicine.
    Answer: {{question}}
  - file://two.txt
  - id: file://chat.json
    label: chat
  - raw: You paint.
  - file://make.py:create
  - '{{only}}'
tests: []
`,
    );
    const read = await readPrompts(config);
    assert.deepEqual(textsOf(read), ['You know medicine.', 'You know law.', 'You bake.', 'You sail.', 'You paint.']);
    for (const told of [
      /prompt 1 1 line is left out, with variables/,
      /two\.txt 1 line is/,
      /chat\.json 1 turn is/,
      /make\.py:create is a/,
    ]) {
      assert.match(read.notes.join('\n'), told);
    }
  });

  it('are read of a DSPy program that was saved as JSON, of today and before; examples are told', async () => {
    const predictor = { traces: [], train: [], demos: [{ question: 'a' }], lm: null };
    const program = await write('program.json', {
      'hop.predict': { ...predictor, signature: { instructions: 'Find what is asked.', fields: [] } },
      answer: { ...predictor, demos: [], signature_instructions: 'Answer it.' },
      metadata: { dependency_versions: { dspy: '3.0.0' } },
    });
    const read = await readPrompts(program);
    assert.deepEqual(textsOf(read), ['Find what is asked.', 'Answer it.']);
    assert.deepEqual(read.notes, ['Of hop.predict 1 example is left out: a role is its instructions alone.']);
    const alone = await write('alone.json', { ...predictor, signature: { instructions: 'Judge.', fields: [] } });
    assert.deepEqual(textsOf(await readPrompts(alone)), ['Judge.']);
  });

  it('are refused in words where there are none, a file is missing, or it is too large', async () => {
    const refused = async (content: unknown, message: RegExp): Promise<void> =>
      assert.rejects(readPrompts(await write('bad.yaml', content)), { name: 'UserError', message });
    await refused('providers: []', /bad\.yaml holds no prompt/);
    await refused('prompts: [file://gone.txt]', /gone\.txt, a prompt, cannot be read/);
    await refused('prompts: [file://x.js]', /holds no prompt .* x\.js is a program/);
    await refused(`prompts: [${'x'.repeat(2 ** 21)}]`, /has 2\.1 MB, and a file of prompts has/);
    await assert.rejects(readPrompts(folder), /cannot be read/);
  });
});
