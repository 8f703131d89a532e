import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SplitRows } from '../../backend/protocol/outcome';
import type {
  SplitRecord,
  DatasetRecord,
  EvaluationRecord,
  ExpertSetRecord,
  MixerRecord,
  QuestionRecord,
  QuestionSetRecord,
} from '../../backend/protocol/records';
import type { RunRecord } from '../../backend/protocol/run';
import { literal, openDatabase } from '../../backend/store/duckdb';
import { Store } from '../../backend/store/store';

export const created = '2026-01-02T03:04:05.000Z';
export const sha256 = 'a'.repeat(64);
export const firstPage = { offset: 0, limit: 100 };

/** Folders that the tests of one file make, and the stores that they open in them. */
export class Workshop {
  private root = '';
  private readonly stores: Store[] = [];
  private folders = 0;

  async begin(): Promise<void> {
    this.root = await mkdtemp(join(tmpdir(), 'polymath-store-'));
  }

  async end(): Promise<void> {
    for (const store of this.stores) await store.close();
    await rm(this.root, { recursive: true });
  }

  /** The path of a folder that does not exist yet. */
  folder(name = `${this.folders++}`): string {
    return join(this.root, name, '.polymath');
  }

  async open(folder = this.folder()): Promise<Store> {
    const store = await Store.open(folder);
    this.stores.push(store);
    return store;
  }
}

/** A dataset of 100 documents: 80 train, 10 validation, 10 test. */
export function exampleDataset(change: Partial<DatasetRecord> = {}): DatasetRecord {
  return {
    id: 'data-example',
    name: 'example',
    created,
    source: { path: 'corpus.jsonl', format: 'jsonl', files: 1, bytes: 1000, sha256 },
    contentSha256: sha256,
    seed: 0,
    documents: { total: 100, train: 80, validation: 10, test: 10 },
    textBytes: 2000,
    domains: [
      { name: 'law', documents: 50 },
      { name: 'größer 🙂', documents: 50 },
    ],
    rejected: 3,
    duplicates: { exact: 0, near: 10 },
    leaks: 0,
    renamed: 0,
    ...change,
  };
}

/** Writes the files of `exampleDataset`; more documents where more are asked for. */
export async function writeDocuments(project: string, dataset = 'data-example', documents = 100): Promise<string> {
  const folder = join(project, 'datasets', dataset);
  await mkdir(folder, { recursive: true });
  const instance = await openDatabase({ memory: 256 });
  const connection = await instance.connect();
  const copy = (query: string, file: string): Promise<unknown> =>
    connection.run(`COPY (${query}) TO ${literal(join(folder, file))} (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  await copy(
    `SELECT i::INTEGER AS index, 'doc-' || i AS id, 'Text "' || i || '" Größe ' || repeat('x', 300) AS text,
       left(text, 200) AS preview, length(text)::INTEGER AS length,
       CASE i % 10 WHEN 8 THEN 'validation' WHEN 9 THEN 'test' ELSE 'train' END AS side,
       CASE i % 2 WHEN 0 THEN 'law' ELSE 'größer 🙂' END AS domain,
       CASE i % 10 WHEN 5 THEN (i - 1)::INTEGER END AS duplicate_of, CASE i % 10 WHEN 5 THEN 'near' END AS duplicate,
       'corpus.jsonl' AS file, (i + 1)::BIGINT AS line, '{"page": ' || i || '}' AS metadata
     FROM range(${documents}) AS rows(i)`,
    'documents.parquet',
  );
  await copy(
    `SELECT 'corpus.jsonl' AS file, (1000 + i)::BIGINT AS line, 'empty text' AS reason FROM range(3) AS rows(i)`,
    'rejections.parquet',
  );
  connection.closeSync();
  instance.closeSync();
  return folder;
}

/** Three piles over the training documents of `exampleDataset`: document i lies in pile i mod 3. */
export function exampleClustering(change: Partial<SplitRecord> = {}): SplitRecord {
  return {
    id: 'split-example',
    name: 'em k=3',
    created,
    dataset: 'data-example',
    method: 'em',
    k: 3,
    seed: 1,
    documents: 80,
    seconds: 1.5,
    settings: { rounds: 2, literal: false },
    quality: { nmi: 0.9 },
    outliers: 2,
    rounds: [{ round: 1, churn: 0.5, shares: [0.5, 0.3, 0.2], dead: 0 }],
    piles: ['law', 'news', 'code'].map((name, pile) => ({ pile, name, size: 0, terms: [name, "'; DROP TABLE piles"] })),
    ...change,
  };
}

export function exampleRows(): SplitRows {
  const documents = Int32Array.from(Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 10 < 8));
  const round = (number: number): { round: number; posteriors: Float32Array } => ({
    round: number,
    posteriors: Float32Array.from({ length: 80 * 3 }, (_, i) => (number + i) / 512),
  });
  return {
    documents,
    piles: documents.map((i) => i % 3),
    confidence: new Float32Array(80).fill(1.0000001),
    posteriors: Float32Array.from({ length: 80 * 3 }, (_, i) => [0.5, 0.25, 0.25][i % 3]),
    outliers: Int32Array.of(0, 79),
    rounds: [round(1), round(2)],
  };
}

export function exampleRun(change: Partial<RunRecord> = {}): RunRecord {
  return {
    id: 'run-example',
    spec: { kind: 'mix', experts: 'experts-example', seed: 1 },
    state: 'running',
    created,
    attempt: 1,
    seconds: 0,
    inputs: { model: sha256 },
    ...change,
  };
}

export function exampleExperts(change: Partial<ExpertSetRecord> = {}): ExpertSetRecord {
  return {
    id: 'experts-example',
    name: 'experts',
    created,
    clustering: 'split-example',
    model: 'base',
    modelSha256: sha256,
    tokens: 1000,
    seed: 1,
    settings: { rank: 8 },
    experts: ['A', 'B'].map((letter, pile) => ({ letter, name: letter, pile, share: 0.5 })),
    ...change,
  };
}

export const exampleMixer: MixerRecord = {
  id: 'mixer-example',
  created,
  experts: 'experts-example',
  seed: 1,
  temperature: 1.5,
  smoothing: 'prefix',
  validationNll: 3.2,
};

export const exampleEvaluation: EvaluationRecord = {
  id: 'eval-example',
  name: 'comparison',
  created,
  kind: 'comparison',
  dataset: 'data-example',
  seeds: [1, 2],
  result: { rows: [1, 'two', null] },
};

export const exampleQuestionSet: QuestionSetRecord = {
  id: 'questions-example',
  name: 'questions',
  created,
  source: { path: 'q.jsonl', bytes: 10, sha256 },
  seed: 0,
  questions: { total: 3, heldout: 2, test: 1 },
  domains: [],
  rejected: 0,
};

export const exampleQuestions: readonly QuestionRecord[] = [
  { index: 2, id: 'c', question: 'Which "one"?', choices: ['a', 'b'], correct: 1, part: 'test' },
  { index: 0, id: 'a', question: 'Who?', answers: ['she'], domain: 'law', part: 'heldout' },
  { index: 1, id: 'b', question: 'When?', answers: ['now'], part: 'heldout' },
];

/** A project with the dataset and the clustering above. */
export async function fill(store: Store): Promise<void> {
  await store.datasets.add(exampleDataset());
  await store.splits.add(exampleClustering(), exampleRows());
}
