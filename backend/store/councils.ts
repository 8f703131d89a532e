import { z } from 'zod';
import { canonicalJson } from '../base/canonical-json';
import { ConflictError, UserError } from '../base/errors';
import {
  councilContent,
  councilRecord,
  type CouncilContent,
  type CouncilRecord,
  type Writer,
} from '../protocol/councils';
import { isSame } from '../protocol/members';
import type { ExpertSetRecord } from '../protocol/records';
import type { Database } from './database';
import { newId } from './ids';
import type { PageOf, PageRequest } from './record-table';
import type { StoreSession } from './session';
import { councils, experts } from './tables';

/** Councils of experts and chat models that answer together by prompt. Editing one makes a new version; earlier ones stay readable. */
export class Councils {
  constructor(private readonly database: Database) {}

  /** Throws UserError where the name is taken, the experts do not exist, or a member is none of them. */
  add(given: CouncilContent): Promise<CouncilRecord> {
    return this.database.write(async (session) => {
      await check(session, given);
      const made = { ...signed(given), id: newId('council'), created: new Date().toISOString() };
      await councils.insert(session, made);
      return made;
    });
  }

  /** Adds what a run made; one that is there already stays as it is. A name that was taken meanwhile gets its id beside it. */
  async insert(session: StoreSession, made: CouncilRecord): Promise<void> {
    const { total } = await councils.list(session, { offset: 0, limit: 1 }, { name: made.name });
    const name = total === 0 ? made.name : `${made.name.slice(0, 40)} ${made.id.slice(-12)}`;
    await councils.insert(session, { ...made, name });
  }

  /** The same; throws ConflictError where `version` is not the council's any more. What changes nothing makes no version. */
  edit(id: string, given: CouncilContent, version?: number): Promise<CouncilRecord> {
    return this.database.write(async (session) => {
      const before = await councils.get(session, id);
      const number = before.version ?? 1;
      if (version !== undefined && version !== number) {
        throw new ConflictError(`${before.name} has been edited meanwhile.`, 'Read it again, then edit it.');
      }
      await check(session, given, id);
      const after = { ...signed(given, before), id, created: new Date().toISOString(), version: number + 1 };
      if (sameContent(before, after)) return before;
      await session.run('INSERT INTO council_versions (council, version, record) VALUES (?, ?, ?)', [
        id,
        number,
        JSON.stringify(before),
      ]);
      await councils.update(session, after);
      return after;
    });
  }

  get(id: string): Promise<CouncilRecord> {
    return this.database.read((session) => councils.get(session, id));
  }

  /** Every version, the newest first. */
  versions(id: string): Promise<CouncilRecord[]> {
    return this.database.read(async (session) => {
      const newest = await councils.get(session, id);
      const query = 'SELECT record FROM council_versions WHERE council = ? ORDER BY version DESC';
      const earlier = await session.rows(z.object({ record: z.string() }), query, [id]);
      return [newest, ...earlier.map(({ record }) => councilRecord.parse(JSON.parse(record)))];
    });
  }

  /** The newest first; `name` gives the one of that name. */
  list(page: PageRequest & { readonly name?: string | undefined }): Promise<PageOf<CouncilRecord>> {
    return this.database.read((session) => councils.list(session, page, { name: page.name }));
  }

  remove(id: string): Promise<void> {
    return this.database.write(async (session) => {
      await councils.remove(session, id);
      await session.run('DELETE FROM council_versions WHERE council = ?', [id]);
    });
  }
}

/** Throws UserError where another council has the name, or a member is none of the experts. */
async function check(session: StoreSession, { name, experts: set, members }: CouncilContent, own = ''): Promise<void> {
  requireMembers(await experts.get(session, set), members);
  const { items } = await councils.list(session, { offset: 0, limit: 1 }, { name });
  if (items.some(({ id }) => id !== own)) {
    throw new UserError(`There is a council "${name}" already.`, 'Give it another name, or remove that one.');
  }
}

/** With who wrote what: a text that was there before keeps its writer, and one that nobody signs is a person's. */
function signed({ instructionBy, members, ...given }: CouncilContent, before?: CouncilRecord): CouncilContent {
  const stays = before?.instruction === given.instruction;
  const writer = instructionBy ?? (stays ? before.instructionBy : personOf(given.instruction));
  return {
    ...given,
    ...(writer && { instructionBy: writer }),
    members: members.map(({ by, ...member }) => {
      const same = before?.members.find((other) => isSame(other, member) && other.role === member.role);
      const own = by ?? (same === undefined ? personOf(member.role) : same.by);
      return { ...member, ...(own && { by: own }) };
    }),
  };
}

/** Nobody wrote what is empty. */
const personOf = (text: string): Writer | undefined => (text === '' ? undefined : 'person');

const sameContent = (one: CouncilRecord, other: CouncilRecord): boolean =>
  canonicalJson(councilContent.strip().parse(one)) === canonicalJson(councilContent.strip().parse(other));

/** Throws UserError where a member is neither one of the experts nor a chat model, or no member is an expert. */
export function requireMembers({ id, experts: all }: ExpertSetRecord, members: CouncilContent['members']): void {
  const letters = all.map(({ letter }) => letter);
  const named = members.flatMap((member) => ('letter' in member ? [member.letter] : []));
  const stranger = named.find((letter) => !letters.includes(letter));
  if (stranger !== undefined) {
    throw new UserError(`There is no expert ${stranger} in ${id}.`, `Choose among ${letters.join(', ')}.`);
  }
  if (named.length > 0) return;
  throw new UserError(
    'A council of chat models alone has no expert to sit beside.',
    `Add one: ${letters.join(', ')}. Several may be added.`,
  );
}
