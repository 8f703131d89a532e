import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { renderTurns } from '../../../backend/model/chat/plain';
import type { Turn } from '../../../backend/protocol/records';
import { readDocuments } from '../../../backend/store/documents';
import { differentText, Workshop, writeParquet } from './support';

describe('import of conversations', () => {
  let workshop: Workshop;
  beforeEach(async () => (workshop = await Workshop.open()));
  afterEach(() => workshop.close());

  const jsonl = (name: string, rows: readonly unknown[]): Promise<string> =>
    workshop.write(name, rows.map((row) => JSON.stringify(row)).join('\n'));
  const turnsOf = async (path: string, options: Parameters<Workshop['importAll']>[1] = {}): Promise<Turn[][]> => {
    const { dataset, documents } = await workshop.importAll(path, options);
    const read = await readDocuments(join(workshop.datasets, dataset.id), 'train');
    assert.deepEqual(
      read.map(({ turns }) => turns ?? null),
      documents.map(({ turns }) => JSON.parse(turns ?? 'null') as Turn[] | null),
    );
    return read.map(({ text, turns = [] }) => {
      assert.equal(text, renderTurns(turns));
      return [...turns];
    });
  };
  const user = (content: string): Turn => ({ role: 'user', content });
  const assistant = (content: string): Turn => ({ role: 'assistant', content });

  it('lists of turns under the roles of several tools, with a prompt of the system in the list or beside it', async () => {
    const openai = await jsonl('openai.jsonl', [
      { messages: [{ role: 'system', content: 'Be kind.' }, user('Why?'), assistant('Because.')], n: 1 },
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
          },
          assistant('c'),
        ],
      },
    ]);
    assert.deepEqual(await turnsOf(openai), [
      [{ role: 'system', content: 'Be kind.' }, user('Why?'), assistant('Because.')],
      [user('a\n\nb'), assistant('c')],
    ]);
    const { documents } = await workshop.importAll(openai);
    assert.equal(documents[0].text, 'Be kind.\n\nUser: Why?\n\nAssistant: Because.');
    assert.equal(documents[0].metadata, '{"n":1}');
    const sharegpt = await jsonl('sharegpt.jsonl', [
      {
        id: 'x',
        system: 'Short.',
        conversations: [
          { from: 'human', value: 'Q' },
          { from: 'gpt', value: 'A' },
          { from: 'tool', value: '3' },
        ],
      },
    ]);
    assert.deepEqual(await turnsOf(sharegpt), [
      [{ role: 'system', content: 'Short.' }, user('Q'), assistant('A'), { role: 'tool', content: '3' }],
    ]);
  });

  it('what is no whole conversation is rejected with the turn that is at fault', async () => {
    const path = await jsonl('broken.jsonl', [
      { messages: [user('q'), assistant('a')] },
      { messages: [user('q'), { role: 'assistant', content: null, tool_calls: [{}] }] },
      { messages: [user('q'), assistant(' ')] },
      { messages: [user('q'), { content: 'who?' }] },
      { messages: [] },
      { messages: [user('r'), assistant('a')] },
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }, assistant('a')] },
      { messages: [user('s'), assistant('a')] },
      {},
    ]);
    const { rejections, documents } = await workshop.importAll(path);
    assert.equal(documents.length, 3);
    assert.deepEqual(rejections, [
      'broken.jsonl:2 "messages", turn 2: its content is no text',
      'broken.jsonl:3 "messages", turn 2: it is empty',
      'broken.jsonl:4 "messages", turn 2: no turn: it has no role',
      'broken.jsonl:5 field "messages" holds no turns',
      'broken.jsonl:7 "messages", turn 1: its content is no text',
      'broken.jsonl:9 no field "messages"',
    ]);
  });

  it('questions and answers in several columns: Alpaca, Dolly, prompts with completions, also as lists of turns', async () => {
    const csv = await workshop.write(
      'a.csv',
      'instruction,input,output,source\nAdd,1 and 2,It is 3,x\nSay hi,,Hi there,y\nNo,,,z\n',
    );
    assert.deepEqual(await turnsOf(csv), [
      [user('Add\n\n1 and 2'), assistant('It is 3')],
      [user('Say hi'), assistant('Hi there')],
    ]);
    assert.deepEqual((await workshop.importAll(csv)).rejections, ['a.csv:4 field "output" is empty']);
    const pairs: [object, Turn[]][] = [
      [{ instruction: 'i', context: 'c', response: 'r', category: 'k' }, [user('i\n\nc'), assistant('r')]],
      [{ prompt: 'p', completion: 'c' }, [user('p'), assistant('c')]],
      [{ prompt: [user('p')], completion: [assistant('c')] }, [user('p'), assistant('c')]],
      [
        { prompt: 'p', chosen: [user('p'), assistant('good')], rejected: [user('p'), assistant('bad')] },
        [user('p'), assistant('good')],
      ],
      [{ question: 'q', answer: 'a' }, [user('q'), assistant('a')]],
    ];
    for (const [record, turns] of pairs) assert.deepEqual(await turnsOf(await jsonl('pair.jsonl', [record])), [turns]);
  });

  it('columns as they are named: one within another, several joined, a pair, turns of any name', async () => {
    const path = await jsonl(
      'named.jsonl',
      Array.from({ length: 12 }, (_, i) => ({
        id: `id-${i}`,
        fields: { body: differentText(i), note: `n${i}` },
        instruction: 'Do it',
        output: `Done ${i}`,
        talk: [user('u'), assistant(`a${i}`)],
        'a.b': 'dotted',
      })),
    );
    const first = async (textColumn: string): Promise<[string, Turn[] | null]> => {
      const { documents } = await workshop.importAll(path, { textColumn });
      return [documents[0].text, JSON.parse(documents[0].turns ?? 'null') as Turn[] | null];
    };
    assert.deepEqual(await first('fields.body'), [differentText(0), null]);
    assert.deepEqual(await first('a.b'), ['dotted', null]);
    assert.deepEqual(await first('id+fields.body'), [`id-0\n\n${differentText(0)}`, null]);
    assert.deepEqual((await first('instruction+output'))[1], [user('Do it'), assistant('Done 0')]);
    assert.deepEqual((await first('talk'))[1], [user('u'), assistant('a0')]);
    const { documents } = await workshop.importAll(path, { textColumn: 'fields.body', idColumn: 'fields.note' });
    assert.deepEqual(
      [documents[3].id, Object.keys(JSON.parse(documents[3].metadata) as object)],
      ['n3', ['id', 'instruction', 'output', 'talk', 'a.b']],
    );
  });

  it('Parquet with lists of structs, and JSON in the cells of a table', async () => {
    await mkdir(join(workshop.folder, 'source'), { recursive: true });
    await writeParquet(
      workshop.path('c.parquet'),
      "SELECT [{'role': 'user', 'content': 'q' || i}, {'role': 'assistant', 'content': 'a' || i}] AS messages FROM range(3) t(i)",
    );
    assert.deepEqual(
      await turnsOf(workshop.path('c.parquet')),
      [0, 1, 2].map((i) => [user(`q${i}`), assistant(`a${i}`)]),
    );
    const cell = JSON.stringify([user('q'), assistant('a')]).replaceAll('"', '""');
    assert.deepEqual(await turnsOf(await workshop.write('c.csv', `n,messages\n1,"${cell}"\n`)), [
      [user('q'), assistant('a')],
    ]);
  });

  it('datasets of earlier versions, which keep no turns, are read as before', async () => {
    const folder = join(workshop.folder, 'old');
    await mkdir(folder);
    await writeParquet(
      join(folder, 'documents.parquet'),
      "SELECT 0::INTEGER AS index, 'a' AS id, 'text' AS text, 'train' AS side, NULL::VARCHAR AS domain",
    );
    assert.deepEqual(await readDocuments(folder, 'train'), [{ index: 0, id: 'a', text: 'text' }]);
  });
});
