/** Reads cross-domain questions from JSONL or a table into a question set. */
import { formatCount } from '../../base/format';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { UserError } from '../../base/errors';
import type { Watch } from '../../base/progress';
import {
  type QuestionRecord,
  type QuestionSetRecord,
  questionSetRecord,
  type RejectionRecord,
} from '../../protocol/records';
import type { QuestionOptions } from './options';
import { hashFiles } from './check';
import { listFiles, type SourceFile } from './listing';
import { Pulse } from './pulse';
import { type DraftQuestion, toQuestion } from './question-rows';
import { readRecords } from './reader';
import { isRejected } from './record';
import { drawSides, requireFractions } from './sides';
import { formatOf } from './formats';
import { findSource, type CorpusSource } from './source';

export interface ImportedQuestions {
  readonly set: QuestionSetRecord;
  readonly questions: readonly QuestionRecord[];
  readonly rejections: readonly RejectionRecord[];
}

type Part = QuestionRecord['part'];
type Found = DraftQuestion & { readonly id: string; readonly given: Part | undefined };

const partName = /^(heldout|test)\.[^/]+$/i;

/**
 * Questions of one file, parted by the seed and per domain, or of a folder with files called heldout and test, which part them.
 * Questions that are equal with their choices end in the same part. A row that gives no question is a rejection.
 * Throws UserError where the source is missing or gives no questions.
 */
export async function importQuestions(spec: QuestionOptions, watch: Watch): Promise<ImportedQuestions> {
  requireFractions(spec.test);
  const pulse = new Pulse(watch);
  const source = await findQuestions(spec.source, pulse.signal);
  const { sha256, bytes } = await hashFiles(source.files, pulse);
  const { found, rejections } = await readQuestions(source, pulse);
  if (found.length === 0) throw noQuestions(spec.source, rejections);
  const parts = isGiven(source) ? found.map(({ given }) => given ?? 'heldout') : drawParts(found, spec);
  const questions = found.map(({ given: _, ...question }, index) => ({ ...question, index, part: parts[index] }));

  const key = JSON.stringify([sha256, spec.seed, spec.test]);
  const set = questionSetRecord.parse({
    id: `questions-${createHash('sha256').update(key).digest('hex').slice(0, 20)}`,
    name: (spec.name ?? source.name).slice(0, 200),
    created: new Date().toISOString(),
    source: { path: spec.source, bytes, sha256 },
    seed: spec.seed,
    questions: {
      total: questions.length,
      heldout: parts.filter((part) => part === 'heldout').length,
      test: parts.filter((part) => part === 'test').length,
    },
    domains: countDomains(questions),
    rejected: rejections.length,
  });
  return { set, questions, rejections };
}

async function findQuestions(path: string, signal: AbortSignal): Promise<CorpusSource> {
  const isPart = ({ name }: SourceFile): boolean => partName.test(name);
  const { files } = await listFiles(path, (name) => formatOf(name) !== undefined, signal).catch(() => ({ files: [] }));
  const parts = files.filter(isPart);
  const formats = new Set(parts.map(({ name }) => formatOf(name)));
  const [format] = formats;
  const source: CorpusSource =
    parts.length === 2 && formats.size === 1 && format !== undefined
      ? { name: basename(path), format, files: parts, refused: [], unread: [] }
      : await findSource({ source: path }, signal);
  if (source.format !== 'text' && source.format !== 'files') return source;
  throw new UserError(`${path} holds plain text, no questions.`, 'Give questions as JSONL, CSV, TSV or Parquet.');
}

function isGiven({ files }: CorpusSource): boolean {
  return files.length > 1 && files.every(({ name }) => partName.test(name));
}

async function readQuestions(
  source: CorpusSource,
  pulse: Pulse,
): Promise<{ found: Found[]; rejections: RejectionRecord[] }> {
  const found: Found[] = [];
  const rejections: RejectionRecord[] = [...source.refused];
  const copies = new Map<string, number>();
  for await (const { file, record } of readRecords(source, { header: true })) {
    const { line } = record;
    const draft = isRejected(record) ? record.reason : toQuestion(record.fields);
    if (typeof draft === 'string') rejections.push({ file: file.name, line, reason: draft });
    else {
      const id = freeId(draft.id ?? (source.files.length === 1 ? `${line}` : `${file.name}:${line}`), copies);
      found.push({ ...draft, id, given: partOf(file.name) });
    }
    await pulse.beat(() => ({ stage: 'Reading questions', done: found.length, total: 0, unit: 'questions' }));
  }
  return { found, rejections };
}

function partOf(name: string): Part | undefined {
  const part = partName.exec(name)?.[1].toLowerCase();
  return part === 'heldout' || part === 'test' ? part : undefined;
}

/** Domain by domain: the given share for the test, the rest held out; a domain of one question stays held out. */
function drawParts(found: readonly Found[], { seed, test }: QuestionOptions): Part[] {
  const groups = groupEqual(found);
  const parts = found.map((): Part => 'heldout');
  const byDomain = new Map<string | undefined, number[]>();
  found.forEach((_, i) => {
    // A group goes where its first question belongs.
    const { domain } = found[groups[i]];
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), i]);
  });
  [...byDomain.values()].forEach((members, d) => {
    const place = new Map(members.map((member, i) => [member, i]));
    const first = Int32Array.from(members, (member) => place.get(groups[member]) ?? 0);
    drawSides(first, [test], [seed, d])?.forEach((side, i) => {
      if (side === 1) parts[members[i]] = 'test';
    });
  });
  return parts;
}

/** For each question the first that is equal to it but for letter case, white space and the order of the choices. */
function groupEqual(found: readonly Found[]): number[] {
  const first = new Map<string, number>();
  return found.map(({ question, choices = [] }, i) => {
    const plain = (text: string): string => text.toLowerCase().replaceAll(/\s+/g, ' ').trim();
    const key = JSON.stringify([plain(question), choices.map(plain).sort()]);
    const original = first.get(key) ?? i;
    first.set(key, original);
    return original;
  });
}

function freeId(id: string, copies: Map<string, number>): string {
  let free = id;
  for (let copy = copies.get(id) ?? 1; copies.has(free); free = `${id}#${copy}`) copies.set(id, ++copy);
  copies.set(free, 1);
  return free;
}

function countDomains(questions: readonly QuestionRecord[]): QuestionSetRecord['domains'] {
  const counts = new Map<string, number>();
  for (const { domain } of questions) if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, questions: count })).sort((a, b) => b.questions - a.questions);
}

function noQuestions(source: string, rejections: readonly RejectionRecord[]): UserError {
  const next = 'Give rows with a question, its choices and its answer.';
  if (rejections.length === 0) return new UserError(`${source} is empty.`, next);
  const [{ file, line, reason }] = rejections;
  return new UserError(
    `${source} holds no usable question: all rows were rejected (${formatCount(rejections.length)}), ${file} line ${line} because: ${reason}.`,
    next,
  );
}
