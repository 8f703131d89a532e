import { UserError } from '../base/errors';
import type { RunRecord, RunState } from '../protocol/run';
import type { Database } from './database';
import { removeFolder } from './folders';
import type { PageOf, PageRequest } from './record-table';
import type { StoreSession } from './session';
import { runs } from './tables';

/** Runs and what is known of them. Their files in `runs/<id>/` are made by those who run them. */
export class Runs {
  constructor(
    private readonly database: Database,
    private readonly folder: string,
  ) {}

  /** Adds the run, or replaces what was known of it. */
  save(run: RunRecord): Promise<void> {
    return this.database.write((session) => saveRun(session, run));
  }

  get(run: string): Promise<RunRecord> {
    return this.database.read((session) => runs.get(session, run));
  }

  /** The newest first. */
  list(page: PageRequest & { readonly state?: RunState | undefined }): Promise<PageOf<RunRecord>> {
    return this.database.read((session) => runs.list(session, page, { state: page.state }));
  }

  /** Removes the run and its files. Throws UserError while it has not ended. */
  async remove(run: string): Promise<void> {
    await this.database.write(async (session) => {
      const { state } = await runs.get(session, run);
      if (state === 'queued' || state === 'running') {
        throw new UserError(`Run ${run} is ${state}.`, 'Cancel it first.');
      }
      await runs.remove(session, run);
    });
    await removeFolder(this.folder, 'runs', run);
  }
}

/** The part of a transaction that keeps a run beside what it made. */
export async function saveRun(session: StoreSession, run: RunRecord | undefined): Promise<void> {
  if (run !== undefined && (await runs.insert(session, run)) === undefined) await runs.update(session, run);
}

/** What is kept with a record: the run that made it, in the same transaction. */
export interface MadeBy {
  readonly run?: RunRecord | undefined;
}
