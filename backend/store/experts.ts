import { z } from 'zod';
import type { ExpertSetRecord, MixerRecord } from '../protocol/records';
import type { Database } from './database';
import { forget } from './files';
import { folderOf, removeFolder } from './folders';
import { refuseWhileUsed, required, type PageOf, type PageRequest } from './record-table';
import { saveRun, type MadeBy } from './runs';
import type { StoreSession } from './session';
import { clusterings, experts, mixers } from './tables';

/** Sets of experts on one base model each. */
export class ExpertSets {
  constructor(
    private readonly database: Database,
    private readonly folder: string,
  ) {}

  /** Adds the record of experts whose files are in place. One that is there already stays as it is. */
  add(record: ExpertSetRecord, { run }: MadeBy = {}): Promise<void> {
    return this.database.write(async (session) => {
      await this.insert(session, record);
      await saveRun(session, run);
    });
  }

  async insert(session: StoreSession, record: ExpertSetRecord): Promise<void> {
    if ((await experts.position(session, record.id)) !== undefined) return;
    if (record.clustering !== undefined) await clusterings.place(session, record.clustering);
    await experts.insert(session, record);
  }

  get(id: string): Promise<ExpertSetRecord> {
    return this.database.read((session) => experts.get(session, id));
  }

  /** The newest first. */
  list(page: PageRequest & { readonly clustering?: string | undefined }): Promise<PageOf<ExpertSetRecord>> {
    return this.database.read((session) => experts.list(session, page, { clustering: page.clustering }));
  }

  /** Removes the experts with their files and mixers. Throws UserError while a council of them exists. */
  async remove(id: string): Promise<void> {
    await this.database.write(async (session) => {
      await refuseWhileUsed(session, 'councils', 'experts', id);
      await experts.remove(session, id);
      await forget(session, 'experts', id);
      await session.run('DELETE FROM mixers WHERE experts = ?', [id]);
    });
    await removeFolder(this.folder, 'experts', id);
  }

  /** Where the adapters of a set of experts lie. */
  folderOf(id: string): string {
    return folderOf(this.folder, 'experts', id);
  }
}

/** Mixers of sets of experts. */
export class Mixers {
  constructor(private readonly database: Database) {}

  /** Adds a mixer with its weights. One that is there already stays as it is. */
  add(record: MixerRecord, weights: unknown, { run }: MadeBy = {}): Promise<void> {
    return this.database.write(async (session) => {
      await this.insert(session, record, weights);
      await saveRun(session, run);
    });
  }

  async insert(session: StoreSession, record: MixerRecord, weights: unknown): Promise<void> {
    if ((await mixers.position(session, record.id)) !== undefined) return;
    await experts.place(session, record.experts);
    await mixers.insert(session, record, { weights: JSON.stringify(weights ?? null) });
  }

  get(id: string): Promise<MixerRecord> {
    return this.database.read((session) => mixers.get(session, id));
  }

  /** The newest first. */
  list(page: PageRequest & { readonly experts?: string | undefined }): Promise<PageOf<MixerRecord>> {
    return this.database.read((session) => mixers.list(session, page, { experts: page.experts }));
  }

  /** What was given as weights. Throws UserError where there is no such mixer. */
  weights(id: string): Promise<unknown> {
    return this.database.read(async (session) => {
      await mixers.place(session, id);
      const query = 'SELECT weights FROM mixers WHERE id = ?';
      const { weights } = await required(session.first(z.object({ weights: z.string() }), query, [id]));
      return JSON.parse(weights) as unknown;
    });
  }
}
