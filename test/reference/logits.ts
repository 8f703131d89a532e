/**
 * What this engine says, for comparison with another: reads `{ model, adapters?, texts }` as JSON from standard input (folders,
 * and texts as token ids) and writes the logits of every position of every text under every adapter, float32 [experts, V] each,
 * to the file that it is given.
 */
import { writeFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { stackAdapters } from '../../backend/model/adapters/adapter';
import { Decoder } from '../../backend/model/decoding/decoder';
import { LanguageModel } from '../../backend/model/language-model';
import { loadAdapter } from '../../backend/model/adapters/peft/load';

interface Request {
  readonly model: string;
  readonly adapters?: readonly string[];
  readonly texts: readonly (readonly number[])[];
}

const { model: folder, adapters = [], texts } = JSON.parse(await readAll(process.stdin)) as Request;
const model = await LanguageModel.open(folder);
const loaded = await Promise.all(adapters.map((adapter) => loadAdapter(adapter, model.config)));
const stack = loaded.length === 0 ? undefined : stackAdapters(loaded);
const pieces: Uint8Array[] = [];
for (const text of texts) {
  const decoder = await Decoder.create(model, stack);
  for (const token of text) {
    const { logits } = await decoder.read([token]);
    pieces.push(new Uint8Array(logits.slice().buffer));
  }
}
await writeFile(process.argv[2], Buffer.concat(pieces));
process.exit(0);
