// What llama.cpp reads and writes of prompts, for test/reference/texts.ts: `node texts.mjs <model.gguf> <input.json> <output.json>`.
// Its keys and values are kept in float32, as this engine's are.
import { readFileSync, writeFileSync } from 'node:fs';
import { getLlama } from 'node-llama-cpp';

const [path, source, target] = process.argv.slice(2);
const { prompts, tokens: most } = JSON.parse(readFileSync(source, 'utf8'));
const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false });
const model = await llama.loadModel({ modelPath: path });
const context = await model.createContext({
  contextSize: 256,
  threads: 1,
  experimentalKvCacheKeyType: 'F32',
  experimentalKvCacheValueType: 'F32',
});
const sequence = context.getSequence();
const ids = [];
const written = [];
for (const prompt of prompts) {
  const begin = model.tokens.shouldPrependBosToken ? [model.tokens.bos] : [];
  const read = [...begin, ...model.tokenize(prompt)];
  await sequence.clearHistory();
  const own = [];
  for await (const token of sequence.evaluate(read, { temperature: 0, yieldEogToken: true })) {
    own.push(token);
    if (model.isEogToken(token) || own.length === most) break;
  }
  ids.push(read);
  written.push(own);
}
writeFileSync(target, JSON.stringify({ ids, written, version: llama.llamaCppRelease.release }));
await llama.dispose();
