/**
 * The floors of the house: each folder of backend/ with what it holds and the folders that it may import. What is not listed is
 * forbidden, so imports run downward only. `eslint.config.mjs` makes rules of this table, and ARCHITECTURE.md prints it.
 */
const ground = ['base'];
const words = [...ground, 'protocol'];
const models = [...words, 'tensor', 'model'];
const learning = [...models, 'corpus', 'train'];

export const floors = {
  base: {
    floor: 1,
    imports: [],
    holds: 'what is general: errors, files, bundles, random numbers, format, progress, checkpoints',
  },
  protocol: { floor: 2, imports: ground, holds: 'what every process speaks: messages, records, events, reports' },
  tensor: { floor: 2, imports: ground, holds: 'graphs with gradients, written as ONNX, run on ONNX Runtime' },
  rpc: { floor: 3, imports: words, holds: 'both ends of the wire: frames, proof, client, socket and sessions' },
  store: { floor: 3, imports: words, holds: "the project's DuckDB file, and the reading of datasets' Parquet files" },
  model: {
    floor: 3,
    imports: [...words, 'tensor'],
    holds: 'language models: architectures, weights, tokenizers, adapters, training, decoding',
  },
  'model-files': {
    floor: 4,
    imports: [...words, 'model'],
    holds: 'getting a model: names, hub, packages, GGUF, catalog',
  },
  chat: { floor: 4, imports: [...words, 'model'], holds: 'chat models: behind an endpoint, or on this machine' },
  corpus: {
    floor: 4,
    imports: [...words, 'model', 'store'],
    holds: 'files into datasets and question sets; tokenised corpora',
  },
  search: {
    floor: 4,
    imports: [...words, 'store'],
    holds: 'documents by words and filters: the index of words, the language of queries, ranking, snippets',
  },
  train: { floor: 5, imports: [...models, 'corpus'], holds: 'token streams and the trainer of k experts side by side' },
  split: {
    floor: 6,
    imports: [...learning, 'chat'],
    holds: 'splitting methods, features, constraints, descriptions of piles',
  },
  mixing: { floor: 7, imports: [...learning, 'split'], holds: 'weightings: how experts are weighed, token by token' },
  answer: {
    floor: 8,
    imports: [...models, 'model-files', 'mixing'],
    holds: 'answerers: what answers prompts and scores texts; base, expert, mixture',
  },
  council: {
    floor: 9,
    imports: [...models, 'chat', 'answer'],
    holds: 'answerers that answer together by prompt, and their procedures; the table of all answerers',
  },
  evaluate: {
    floor: 10,
    imports: [...learning, 'split', 'mixing', 'answer', 'council', 'evolve'],
    holds: 'scores, statistics, the comparison of systems, the report and its page',
  },
  evolve: {
    floor: 5,
    imports: [...ground, 'chat'],
    holds: 'evolution of the texts of councils: algorithms, operators, fitness; it knows no model and no council',
  },
  engine: {
    floor: 11,
    imports: [...learning, 'store', 'split', 'mixing', 'answer', 'council', 'evaluate'],
    holds: 'queue, run processes, checkpoints, tasks, artifacts, executors, devices',
  },
  kinds: {
    floor: 12,
    imports: [
      ...learning,
      'model-files',
      'chat',
      'store',
      'search',
      'split',
      'mixing',
      'answer',
      'council',
      'evaluate',
      'evolve',
      'engine',
    ],
    holds: 'run kinds, one folder each: settings, inputs, work, outcome',
  },
  server: {
    floor: 13,
    imports: [...words, 'rpc', 'store', 'search', 'split', 'council', 'engine', 'kinds'],
    holds: "the coordinator of a project: handlers, the OpenAI endpoint, the editor's backend",
  },
  programs: {
    floor: 13,
    imports: [
      ...learning,
      'model-files',
      'chat',
      'store',
      'split',
      'mixing',
      'answer',
      'council',
      'evaluate',
      'engine',
      'kinds',
    ],
    holds: 'the processes that compute: runner, worker, inference, small programs that answer one question',
  },
  cli: {
    floor: 14,
    imports: [
      ...words,
      'rpc',
      'model',
      'model-files',
      'store',
      'search',
      'split',
      'council',
      'evaluate',
      'evolve',
      'kinds',
      'server',
    ],
    holds: 'the command line: one file per command',
  },
};
