import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeBundle, pack } from '../../backend/base/bundle';
import { loadOutcome, saveOutcome } from '../../backend/engine/run-files';
import type { Outcome } from '../../backend/protocol/outcome';

const council = {
  id: 'council-abcdefghijkl',
  name: 'team',
  created: '2026-01-01T00:00:00.000Z',
  experts: 'experts-abcdefghijkl',
  instruction: '',
  members: [{ letter: 'A', role: 'You know medicine.' }],
};
const [good, bad]: readonly Outcome[] = [
  { result: council.id, council },
  { result: council.id, council: { ...council, name: 'the "best"' } },
];

describe('the outcome of a run', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'polymath-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is refused before it is written where the project could not read it again', async () => {
    await assert.rejects(saveOutcome(folder, bad), /letters, digits/);
    assert.deepEqual(await readdir(folder), []);
    await saveOutcome(folder, good);
    assert.deepEqual(await loadOutcome(folder), good);
  });

  it('counts as none where it cannot be read, so that the project opens and the run goes on', async () => {
    const { json, arrays } = pack(bad);
    await writeFile(join(folder, 'outcome.bundle'), encodeBundle(json, arrays));
    assert.equal(await loadOutcome(folder), undefined);
  });
});
