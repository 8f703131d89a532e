import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { exists, writeWhole } from '../base/files';
import type { Watch } from '../base/progress';
import type { DatasetRecord } from '../protocol/records';
import { textsOf } from '../store/documents';
import { indexFile } from '../store/files';
import { folderOf } from '../store/folders';
import { type Footer, magic, version } from './layout';
import { type SegmentBounds, SegmentWriter, usualBounds } from './segment-writer';

/** Writes the index of texts that come in the order of their documents. Takes some 300 MB, however many there are. */
export async function writeIndex(
  path: string,
  texts: AsyncIterable<readonly string[]>,
  bounds: SegmentBounds = usualBounds,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, piecesOf(texts, bounds));
}

async function* piecesOf(texts: AsyncIterable<readonly string[]>, bounds: SegmentBounds): AsyncGenerator<Uint8Array> {
  const segments: Footer['segments'] = [];
  const writer = new SegmentWriter(bounds);
  let at = magic.length;
  const finish = (): readonly Uint8Array[] => {
    const { pieces, place } = writer.finish(at);
    segments.push(place);
    at = place.at.end;
    return pieces;
  };
  yield magic;
  for await (const some of texts) {
    for (const text of some) {
      writer.add(text);
      if (writer.isFull) yield* finish();
    }
  }
  if (writer.documents > 0) yield* finish();
  const json = Buffer.from(JSON.stringify({ version, segments } satisfies Footer));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  yield* [json, length, magic];
}

const pathOf = (dataset: string, project: string): string => join(folderOf(project, 'indexes', dataset), indexFile);

/** Whether the words of a dataset are indexed. */
export const hasIndex = (dataset: string, project: string): Promise<boolean> => exists(pathOf(dataset, project));

/**
 * Indexes the words of a dataset of a project, the folder of which is given; tells how far it is. Throws UserError where the dataset's file is
 * missing or damaged, or the disk is full; nothing is left behind then.
 */
export async function indexDataset(
  { id, documents: { total } }: Pick<DatasetRecord, 'id' | 'documents'>,
  project: string,
  { report, signal }: Watch,
): Promise<void> {
  async function* texts(): AsyncGenerator<readonly string[]> {
    let done = 0;
    const tell = (): void => report({ stage: 'Indexing words', done, total, unit: 'documents' });
    for await (const some of textsOf(folderOf(project, 'datasets', id))) {
      tell();
      // Whoever asks to stop is heard between two pieces of work.
      await setImmediate();
      signal.throwIfAborted();
      yield some;
      done += some.length;
    }
    tell();
    if (done !== total) throw new Error(`${id} gave ${done} texts of ${total}`);
  }
  await writeIndex(pathOf(id, project), texts());
}
