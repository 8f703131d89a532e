import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProtoSchema,
  TensorShapeProtoSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { createRandom } from '../../backend/base/random';
import { vocabularies } from './corpus';

const width = 16;
const [float, int64] = [1, 7];

/**
 * Writes a sentence encoder as the hub has them, only small: a table with a vector for each word of the generated corpus, of which words
 * of one domain lie around one direction. Other words are unknown.
 */
export async function writeEncoder(folder: string): Promise<void> {
  const random = createRandom(11);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const words = ['[PAD]', '[UNK]', ...Object.values(vocabularies).flat()];
  const table = new Float32Array(words.length * width).map(normal);
  Object.values(vocabularies).forEach((list, domain) =>
    list.forEach((word) => (table[words.indexOf(word) * width + domain] += 6)),
  );
  table.fill(0, width, 2 * width);
  const files = {
    'config.json': { model_type: 'bert', hidden_size: width, vocab_size: words.length },
    'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', pad_token: '[PAD]', model_max_length: 64 },
    'tokenizer.json': {
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: null,
      decoder: null,
      model: { type: 'WordPiece', unk_token: '[UNK]', vocab: Object.fromEntries(words.map((word, i) => [word, i])) },
    },
  };
  await mkdir(join(folder, 'onnx'), { recursive: true });
  for (const [name, value] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(value));
  const model = create(ModelProtoSchema, { irVersion: 9n, graph: lookUp(table), opsetImport: [{ version: 17n }] });
  await writeFile(join(folder, 'onnx/model.onnx'), toBinary(ModelProtoSchema, model));
}

/** last_hidden_state [B, T, D] is the row of each token. */
function lookUp(table: Float32Array): GraphProto {
  const rows = BigInt(table.length / width);
  return create(GraphProtoSchema, {
    name: 'encoder',
    node: [{ opType: 'Gather', input: ['table', 'input_ids'], output: ['last_hidden_state'] }],
    initializer: [
      create(TensorProtoSchema, {
        name: 'table',
        dataType: float,
        dims: [rows, BigInt(width)],
        rawData: Uint8Array.from(Buffer.from(table.buffer)),
      }),
    ],
    input: [tensor('input_ids', int64, ['B', 'T']), tensor('attention_mask', int64, ['B', 'T'])],
    output: [tensor('last_hidden_state', float, ['B', 'T', 'D'])],
  });
}

function tensor(name: string, elemType: number, axes: readonly string[]): ValueInfoProto {
  const shape = create(TensorShapeProtoSchema, {
    dim: axes.map((axis) => ({ value: { case: 'dimParam' as const, value: axis } })),
  });
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value: { elemType, shape } } });
  return create(ValueInfoProtoSchema, { name, type });
}
