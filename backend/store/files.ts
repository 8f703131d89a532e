/**
 * The files of datasets, splits and experts, each with its SHA-256 in the store from the moment its record was added: what has changed
 * on the disk since is damage, and is found before it is read. Files never change once they are there.
 */
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { hashContent } from '../base/content-hash';
import { UserError } from '../base/errors';
import type { Check } from '../protocol/messages';
import type { Outcome } from '../protocol/outcome';
import type { ExpertSetRecord } from '../protocol/records';
import type { Database } from './database';
import { folderOf } from './folders';
import type { StoreSession } from './session';
import { clusterings, datasets, experts } from './tables';

type Kind = 'datasets' | 'indexes' | 'splits' | 'experts';

/** The index of a dataset's words, in `indexes/<id>/`. It is made of the documents, and is no part of the dataset. */
export const indexFile = 'words.index';

/** Something that has a folder of its own. */
interface Owner {
  readonly kind: Kind;
  readonly id: string;
  /** Files without which it cannot be read. */
  readonly needed: readonly string[];
  /** What makes its files again. */
  readonly next: string;
}

const fileRow = z.object({
  name: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  /** When it was hashed as it was found, because the version that made it kept no hashes, ISO 8601. */
  adopted: z.string().optional(),
});
type FileRow = z.infer<typeof fileRow>;

interface Fault {
  readonly path: string;
  readonly how: 'missing' | 'damaged';
  readonly next: string;
}

export class Files {
  /** Files that were as they should be, by path, with what would tell a change of them. */
  private readonly seen = new Map<string, string>();

  constructor(
    private readonly database: Database,
    private readonly folder: string,
  ) {}

  /** Keeps the hashes of what an outcome made. What has one already keeps it. */
  async record(session: StoreSession, { dataset, index, split, splits = [], experts: set }: Outcome): Promise<void> {
    if (dataset !== undefined) await this.hash(session, 'datasets', dataset.id);
    if (index !== undefined) {
      // It takes the place of one that was damaged.
      await forget(session, 'indexes', index);
      await this.hash(session, 'indexes', index);
    }
    for (const one of split === undefined ? splits : [split, ...splits]) {
      await this.hash(session, 'splits', one.clustering.id);
    }
    if (set !== undefined) await this.hash(session, 'experts', set.id);
  }

  /** Hashes all files that have none, as they are: those of a project of an earlier version. Gives their number. */
  async adopt(): Promise<number> {
    let count = 0;
    for (const owner of await this.owners()) count += (await this.adopted(owner)).length;
    return count;
  }

  /**
   * Throws UserError where a file of it is missing or is not as it was written. A file is read once per process, and again when its
   * size, time or number has changed.
   */
  async require(kind: Kind, id: string): Promise<void> {
    const owner = await this.database.read((session) => ownerOf(session, kind, id));
    const [fault] = await this.faultsOf(owner, this.seen);
    if (fault !== undefined) throw new UserError(`The file ${fault.path} is ${told[fault.how]}.`, fault.next);
  }

  /** Reads every file of the project, and tells what is wrong with it. */
  async check(): Promise<Check[]> {
    const faults: Fault[] = [];
    for (const owner of await this.owners()) faults.push(...(await this.faultsOf(owner, new Map())));
    if (faults.length > 0) {
      return faults.map(({ path, how, next }) => ({ name: 'File', ok: false, found: `${path} is ${told[how]}`, next }));
    }
    const rows = await this.database.read((session) => session.rows(fileRow, `SELECT ${columns} FROM files`));
    const old = rows.flatMap(({ adopted = [] }) => adopted).sort();
    const rest =
      old.length === 0
        ? ''
        : `; ${old.length} are of an earlier version and are as they were found on ${old[0].slice(0, 10)}`;
    return [{ name: 'Files', ok: true, found: `${rows.length} as they were written${rest}`, next: '' }];
  }

  /** Moves damaged files of datasets into the folder `damaged` and forgets their hashes, so that an import can take their place. Gives their new names. */
  async setAside(): Promise<string[]> {
    const aside: string[] = [];
    for (const owner of await this.owners()) {
      if (owner.kind !== 'datasets') continue;
      const faults = await this.faultsOf(owner, new Map());
      if (faults.length === 0) continue;
      const to = join(this.folder, 'damaged', `${owner.id}-${new Date().toISOString().replaceAll(':', '-')}`);
      await mkdir(to, { recursive: true });
      for (const { path, how } of faults) {
        if (how === 'missing') continue;
        await rename(path, join(to, basename(path)));
        aside.push(join(to, basename(path)));
      }
      await this.database.write((session) => forget(session, owner.kind, owner.id));
    }
    return aside;
  }

  private owners(): Promise<Owner[]> {
    return this.database.read(async (session) => {
      const owners: Owner[] = [];
      for (const [kind, ids] of [
        ['datasets', 'datasets ORDER BY position'],
        // What has none is no worse for it: it is made when somebody looks for words.
        ['indexes', "files WHERE kind = 'indexes' ORDER BY id"],
        ['splits', 'clusterings ORDER BY position'],
        ['experts', 'experts ORDER BY position'],
      ] as const) {
        const rows = await session.rows(z.object({ id: z.string() }), `SELECT id FROM ${ids}`);
        for (const { id } of rows) owners.push(await ownerOf(session, kind, id));
      }
      return owners;
    });
  }

  private async faultsOf(owner: Owner, seen: Map<string, string>): Promise<Fault[]> {
    const read = (): Promise<FileRow[]> => this.database.read((session) => rowsOf(session, owner.kind, owner.id));
    let rows = await read();
    if (rows.length === 0 || owner.needed.some((name) => !rows.some((row) => row.name === name))) {
      await this.adopted(owner);
      rows = await read();
    }
    const named = new Map(rows.map((row) => [row.name, row]));
    const faults: Fault[] = [];
    for (const name of new Set([...named.keys(), ...owner.needed])) {
      const path = join(folderOf(this.folder, owner.kind, owner.id), name);
      const how = await this.look(path, named.get(name), seen);
      if (how !== undefined) faults.push({ path, how, next: owner.next });
    }
    return faults;
  }

  private async look(
    path: string,
    row: FileRow | undefined,
    seen: Map<string, string>,
  ): Promise<Fault['how'] | undefined> {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) return 'missing';
    const state = `${found.size} ${found.mtimeMs} ${found.ctimeMs} ${found.ino} ${row?.sha256}`;
    if (seen.get(path) === state) return undefined;
    const same = row !== undefined && found.size === row.bytes && (await hashContent(path, 'sha256')) === row.sha256;
    if (!same) return 'damaged';
    seen.set(path, state);
    return undefined;
  }

  private async adopted({ kind, id }: Owner): Promise<FileRow[]> {
    return this.database.write((session) => this.hash(session, kind, id, new Date().toISOString()));
  }

  /** Keeps the hashes of those files that have none, as they are. Gives them. */
  private async hash(session: StoreSession, kind: Kind, id: string, adopted?: string): Promise<FileRow[]> {
    const known = new Set((await rowsOf(session, kind, id)).map(({ name }) => name));
    const folder = folderOf(this.folder, kind, id);
    const rows: FileRow[] = [];
    for (const name of await filesBelow(folder)) {
      if (known.has(name)) continue;
      const path = join(folder, name);
      const { size: bytes } = await stat(path);
      const row = { name, bytes, sha256: await hashContent(path, 'sha256'), ...(adopted !== undefined && { adopted }) };
      const values = [kind, id, name, bytes, row.sha256, adopted ?? null];
      await session.run('INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)', values);
      rows.push(row);
    }
    return rows;
  }
}

const told = { missing: 'missing', damaged: 'damaged: it is not as it was written' } as const;
const columns = 'name, bytes, sha256, adopted';

function rowsOf(session: StoreSession, kind: Kind, id: string): Promise<FileRow[]> {
  const query = `SELECT ${columns} FROM files WHERE kind = ? AND id = ? ORDER BY name`;
  return session.rows(fileRow, query, [kind, id]);
}

/** Forgets the hashes of something that is removed. */
export async function forget(session: StoreSession, kind: Kind, id: string): Promise<void> {
  await session.run('DELETE FROM files WHERE kind = ? AND id = ?', [kind, id]);
}

async function ownerOf(session: StoreSession, kind: Kind, id: string): Promise<Owner> {
  switch (kind) {
    case 'datasets': {
      const { source } = await datasets.get(session, id);
      const next = `Import the corpus again: \`polymath doctor --repair\`, then \`polymath import ${source.path}\`. Its splits and experts stay.`;
      return { kind, id, needed: ['documents.parquet', 'rejections.parquet'], next };
    }
    case 'indexes':
      return {
        kind,
        id,
        needed: [indexFile],
        next: `It is made again when words are looked for: polymath find WORD --dataset ${id}`,
      };
    case 'splits':
      await clusterings.place(session, id);
      return { kind, id, needed: [], next: 'Put a copy of the file back, or split again: polymath split' };
    case 'experts': {
      const set = await experts.get(session, id);
      return { kind, id, needed: expertFiles(set), next: `Put a copy of the file back, or ${making(set)}.` };
    }
  }
}

function expertFiles({ experts: members }: ExpertSetRecord): string[] {
  return members.flatMap(({ letter, adapter }) => {
    const files =
      adapter?.form === 'full'
        ? ['config.json', 'model.safetensors']
        : ['adapter_config.json', 'adapter_model.safetensors'];
    return files.map((file) => `${letter}/${file}`);
  });
}

function making({ clustering, id }: ExpertSetRecord): string {
  const again =
    clustering === undefined
      ? 'import it again: polymath experts import FOLDER'
      : `train again: polymath train --split ${clustering}`;
  return `${again} (and remove this one: polymath experts ${id} --remove)`;
}

/** Names of all files below a folder, with / between their parts; none where it is not there. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return files
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}
