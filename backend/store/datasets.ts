import { join } from 'node:path';
import type { DatasetRecord } from '../protocol/records';
import type { Database } from './database';
import { refuseWhileUsed, type PageOf, type PageRequest } from './record-table';
import { forget, indexFile } from './files';
import { folderOf, removeFolder } from './folders';
import { saveRun, type MadeBy } from './runs';
import type { StoreSession } from './session';
import { datasets } from './tables';

/** What has files of a dataset in a folder of its own. */
const kinds = ['datasets', 'indexes'] as const;

/** Imported corpora. Their documents are in files, see documents.ts. */
export class Datasets {
  constructor(
    private readonly database: Database,
    private readonly folder: string,
  ) {}

  /** Adds the record of a dataset whose files are in place. One that is there already stays as it is. */
  add(record: DatasetRecord, { run }: MadeBy = {}): Promise<void> {
    return this.database.write(async (session) => {
      await this.insert(session, record);
      await saveRun(session, run);
    });
  }

  async insert(session: StoreSession, record: DatasetRecord): Promise<void> {
    await datasets.insert(session, record);
  }

  get(id: string): Promise<DatasetRecord> {
    return this.database.read((session) => datasets.get(session, id));
  }

  /** The newest first. */
  list(page: PageRequest): Promise<PageOf<DatasetRecord>> {
    return this.database.read((session) => datasets.list(session, page));
  }

  /** Removes the dataset, its files and its index, its links and its exclusions. Throws UserError while clusterings of it exist. */
  async remove(id: string): Promise<void> {
    await this.database.write(async (session) => {
      await refuseWhileUsed(session, 'clusterings', 'dataset', id);
      await datasets.remove(session, id);
      for (const kind of kinds) await forget(session, kind, id);
      for (const table of ['links', 'link_changes', 'exclusions']) {
        await session.run(`DELETE FROM ${table} WHERE dataset = ?`, [id]);
      }
    });
    for (const kind of kinds) await removeFolder(this.folder, kind, id);
  }

  /** The index of its words, which need not be there. */
  indexOf(id: string): string {
    return join(folderOf(this.folder, 'indexes', id), indexFile);
  }

  /** Where the files of a dataset lie. */
  folderOf(id: string): string {
    return folderOf(this.folder, 'datasets', id);
  }
}
