import { createHash } from 'node:crypto';
import { UserError } from '../../base/errors';
import { formatCount, formatNumber } from '../../base/format';
import type { DatasetRecord, RejectionRecord, Side } from '../../protocol/records';
import type { ImportOptions } from './options';
import type { DatasetWriter } from './dataset-writer';
import { toDraft } from './draft';
import { Duplicates, type Groups } from './duplicates';
import { HashIndex } from './hash-index';
import type { Input, InputRecord } from './input';
import { hashLabel } from './minhash';
import { isRejected } from './record';
import { CorpusShape } from './shape';
import { countLeaks, drawSides } from './sides';

const sides = ['train', 'test', 'validation'] as const satisfies readonly Side[];
/** More domains than this are no domains, and their names would fill the record of the dataset. */
const MAX_DOMAINS = 10_000;

/** Turns records into documents one by one, and keeps of each what the dataset as a whole needs: some hundred bytes. */
export class Collector {
  private readonly duplicates: Duplicates;
  /** How often each id was taken, by its hash. */
  private readonly ids = new HashIndex();
  private readonly domains = new Map<string, number>();
  private readonly content = createHash('sha256');
  private given = new Uint8Array(2 ** 10);
  private textBytes = 0;
  private renamed = 0;
  private readonly shape = new CorpusShape();
  private firstRejection: RejectionRecord | undefined;

  constructor(
    private readonly writer: DatasetWriter,
    nearDuplicates: number,
  ) {
    this.duplicates = new Duplicates(nearDuplicates);
  }

  /** Resolves when there is room for the next; undefined where there is. */
  add({ file, side, defaultId, record, columns }: InputRecord): Promise<void> | undefined {
    const draft = isRejected(record) ? record : toDraft(record, columns);
    if (isRejected(draft)) {
      const rejection = { file, line: draft.line, reason: draft.reason };
      this.firstRejection ??= rejection;
      return this.writer.reject(rejection);
    }
    const { text, domain, metadata, turns } = draft;
    const id = this.freeId(draft.id ?? defaultId);
    const index = this.writer.total;
    this.duplicates.add(text);
    if (domain !== undefined) this.countDomain(domain, columns.domain);
    this.textBytes += Buffer.byteLength(text);
    this.shape.add(text, `${file}, line ${record.line}`);
    this.content.update(JSON.stringify([id, text.length, domain ?? null, file, record.line, metadata, turns]));
    this.content.update(text);
    if (index === this.given.length) {
      const grown = new Uint8Array(2 * index);
      grown.set(this.given);
      this.given = grown;
    }
    this.given[index] = sides.indexOf(side ?? 'train');
    return this.writer.add({ id, text, domain, metadata, turns, file, line: record.line });
  }

  /** What is known when all has been read. Throws UserError where nothing has come of it. */
  finish(spec: ImportOptions, input: Input): { sides: Sides; groups: Groups; content: Content } {
    const { total, rejected } = this.writer;
    if (total === 0) throw nothingUsable(spec.source, rejected, this.firstRejection);
    const groups = this.duplicates.groups();
    const drawn = missingSides(spec, input);
    const codes = draw(spec, groups, input.sides.length > 0 ? this.given.subarray(0, total) : undefined, drawn);
    this.content.update(codes).update(groups.first).update(groups.kind);
    const count = (values: Uint8Array, wanted: number): number =>
      values.reduce((sum, value) => sum + (value === wanted ? 1 : 0), 0);
    const [train, test, validation] = sides.map((_, code) => count(codes, code));
    const isEmpty = (side: 'test' | 'validation'): boolean => ({ test, validation })[side] === 0;
    const domains = [...this.domains].map(([name, documents]) => ({ name, documents }));
    const content = {
      contentSha256: this.content.digest('hex'),
      documents: { total, train, validation, test },
      textBytes: this.textBytes,
      domains: domains.sort((a, b) => b.documents - a.documents),
      rejected,
      duplicates: { exact: count(groups.kind, 1), near: count(groups.kind, 2) },
      leaks: countLeaks(groups.first, codes),
      renamed: this.renamed,
      notes: [...input.notes(input.sides.length > 0 ? drawn.filter((side) => !isEmpty(side)) : [])],
      warnings: [...emptySides(drawn.filter(isEmpty), groups, spec), ...this.shape.warnings()],
    };
    return { sides: Array.from(codes, (code) => sides[code]), groups, content };
  }

  /** The id, or where it is taken the first of `id#2`, `id#3`, … that is free. */
  private freeId(id: string): string {
    let copy = this.take(id);
    if (copy === 0) return id;
    this.renamed++;
    let free = `${id}#${++copy}`;
    while (this.take(free) > 0) free = `${id}#${++copy}`;
    this.remember(id, copy - 1);
    return free;
  }

  private take(id: string): number {
    const [low, high] = hashLabel(id);
    const copies = this.ids.get(low, high);
    if (copies === undefined) this.ids.set(low, high, 0);
    return copies === undefined ? 0 : copies + 1;
  }

  private remember(id: string, copies: number): void {
    this.ids.set(...hashLabel(id), copies);
  }

  private countDomain(domain: string, column: string | undefined): void {
    this.domains.set(domain, (this.domains.get(domain) ?? 0) + 1);
    if (this.domains.size > MAX_DOMAINS) {
      throw new UserError(
        `The column "${column}" has more than ${MAX_DOMAINS} different values, too many for domains.`,
        'Name another column for the domain, or none by an empty name.',
      );
    }
  }
}

type Sides = readonly Side[];
type Content = Omit<DatasetRecord, 'id' | 'name' | 'created' | 'source' | 'seed'>;

/** The sides that are wanted and that the source does not give. */
function missingSides(spec: ImportOptions, input: Input): ('test' | 'validation')[] {
  return (['test', 'validation'] as const).filter((side) => spec[side] > 0 && !input.sides.includes(side));
}

/**
 * [N]: the side of each document by its place in `sides`. Sides that are wanted are drawn from all documents, or from those of
 * `given` for training that repeat none of another side.
 */
function draw(
  spec: ImportOptions,
  { first }: Groups,
  given: Uint8Array | undefined,
  wanted: readonly ('test' | 'validation')[],
): Uint8Array {
  const codes = given?.slice() ?? new Uint8Array(first.length);
  if (wanted.length === 0) return codes;
  const held = new Set<number>();
  codes.forEach((code, i) => code !== 0 && held.add(first[i]));
  const members = Int32Array.from(first.keys()).filter((i) => !held.has(first[i]));
  const place = new Map<number, number>();
  members.forEach((member, i) => place.set(member, i));
  const drawn = drawSides(
    members.map((member) => place.get(first[member]) ?? 0),
    wanted.map((side) => spec[side]),
    [spec.seed],
  );
  drawn.forEach((side, i) => {
    if (side > 0) codes[members[i]] = sides.indexOf(wanted[side - 1]);
  });
  return codes;
}

/** What does not work where a side is empty. */
const lost = {
  test: 'nothing can be evaluated on it',
  validation: 'no mixer can be fitted on it, and no learning rate or number of piles chosen',
};

/** Why sides that were wanted stayed empty, and what that means; nothing where none did. */
function emptySides(
  empty: readonly ('test' | 'validation')[],
  { first }: Groups,
  { nearDuplicates }: ImportOptions,
): string[] {
  if (empty.length === 0) return [];
  const texts = first.reduce((count, original, i) => count + (original === i ? 1 : 0), 0);
  const [alike, less] =
    nearDuplicates > 0 ? [' or nearly so', ', or tell apart what is nearly equal (near-duplicates 0)'] : ['', ''];
  return [
    `Texts that are equal${alike} stay on one side, and ${formatNumber(texts, 'different text')} cannot fill all sides. ` +
      empty.map((side) => `The ${side} side is empty: ${lost[side]}. `).join('') +
      `Import more texts${less}.`,
  ];
}

function nothingUsable(source: string, rejected: number, first: RejectionRecord | undefined): UserError {
  if (first === undefined) {
    const cause = 'it is empty, or has nothing below its header';
    return new UserError(`${source} holds no records: ${cause}.`, 'Choose a source with at least a few texts.');
  }
  return new UserError(
    `${source} holds no usable document: all records were rejected (${formatCount(rejected)}), ` +
      `${first.file} line ${first.line} because: ${first.reason}.`,
    'Mend the source (JSONL has one object on each line), or name its format and the column that holds the texts.',
  );
}
