/**
 * What was acknowledged is there after any crash. Started as a program with the name of a role, this file is the
 * process that comes to grief; otherwise it is the test that looks at what is left.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../backend/base/errors';
import { createRandom } from '../../backend/base/random';
import { Store } from '../../backend/store/store';
import { exampleClustering, exampleDataset, exampleRows, exampleRun, fill, firstPage, Workshop } from './support';

const clustering = 'split-example';
const everything = { offset: 0, limit: 1_000_000 };

/** Moves two documents at a time and links pairs for ever, and says so after each. */
async function moveForEver(folder: string): Promise<void> {
  const store = await Store.open(folder);
  const { documents } = await store.splits.assignments(clustering);
  const versions = new Map<number, number>();
  for (const { document } of (await store.labels.list(clustering, everything)).items) {
    versions.set(document, (versions.get(document) ?? 0) + 1);
  }
  let { total: links } = await store.links.list('data-example', firstPage);
  for (let step = 0; ; step++) {
    const pair = [documents[(2 * step) % 80], documents[(2 * step + 1) % 80]];
    const seen = pair.map((index) => ({ index, version: versions.get(index) ?? 0 }));
    const { piles } = await store.splits.assignments(clustering);
    const to = [0, 1, 2].find((pile) => pile !== piles[(2 * step) % 80] && pile !== piles[(2 * step + 1) % 80]) ?? 0;
    const moves = await store.labels.move(clustering, seen, to);
    for (const { document } of moves) versions.set(document, (versions.get(document) ?? 0) + 1);
    process.stdout.write(`moved ${moves.at(-1)?.sequence}\n`);
    const { a, b } = { a: links % 97, b: 99 - (Math.floor(links / 97) % 2) };
    await store.links.add({ dataset: 'data-example', kind: 'must', a, b });
    process.stdout.write(`linked ${++links}\n`);
  }
}

/** Adds clusterings until the disk is full, then says how many there are and whether the store goes on. */
async function fillDisk(folder: string): Promise<void> {
  const store = await Store.open(folder);
  const rows = exampleRows();
  for (let added = 0; ; added++) {
    const id = `split-number${added}`;
    const rounds = Array.from({ length: 200 }, (_, i) => ({ ...rows.rounds[0], round: i + 1 }));
    try {
      await store.splits.add(exampleClustering({ id }), { ...rows, rounds }, { run: exampleRun({ result: id }) });
    } catch (error) {
      const { total } = await store.splits.list(firstPage);
      const message = error instanceof UserError ? error.message : String(error);
      process.stdout.write(`${JSON.stringify({ added, total, message })}\n`);
      process.exit();
    }
  }
}

const roles: Readonly<Record<string, (folder: string) => Promise<void>>> = { moveForEver, fillDisk };
const role = roles[process.argv[2]];
if (role !== undefined) await role(process.argv[3]);
else {
  const program = fileURLToPath(import.meta.url);

  describe('what was acknowledged', () => {
    const workshop = new Workshop();
    before(() => workshop.begin());
    after(() => workshop.end());

    it('is there and whole after the process was killed at any moment', async () => {
      let store = await Store.open(workshop.folder());
      const { folder } = store;
      await fill(store);
      await store.close();
      const random = createRandom(7);
      for (let kill = 0; kill < 4; kill++) {
        const child = spawn(process.execPath, [program, moveForEver.name, folder], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const ended = once(child, 'close');
        const heard = { moved: 0, linked: 0 };
        createInterface(child.stdout).on('line', (line) => {
          const [what, number] = line.split(' ') as [keyof typeof heard, string];
          if (heard.moved === 0) setTimeout(() => child.kill('SIGKILL'), random.below(300));
          heard[what] = Number(number);
        });
        await ended;
        assert(heard.moved > 0);

        store = await Store.open(folder);
        const { items: moves } = await store.labels.list(clustering, everything);
        assert(moves.length >= heard.moved, `${moves.length} of ${heard.moved} moves`);
        assert.equal(moves.length % 2, 0);
        assert.equal((await store.links.list('data-example', firstPage)).total >= heard.linked, true);
        const { documents, piles } = await store.splits.assignments(clustering);
        const expected = Int32Array.from(exampleRows().piles);
        for (const { document, from, to } of moves) {
          const place = documents.indexOf(document);
          assert.equal(expected[place], from);
          expected[place] = to;
        }
        assert.deepEqual(piles, expected);
        const counted = [0, 1, 2].map((pile) => piles.filter((other) => other === pile).length);
        assert.deepEqual((await store.piles.list(clustering)).map(({ size }) => size), counted); // prettier-ignore
        await store.close();
      }
    });

    it('is there after the disk was full, and nothing half of what was not', async function () {
      if (process.platform === 'win32') return this.skip();
      let store = await Store.open(workshop.folder());
      const { folder } = store;
      await store.datasets.add(exampleDataset());
      await store.close();
      // A limit on the size of files stands in for a disk that is full.
      const limited = `ulimit -f 3000; trap '' XFSZ; exec "$0" "$@"`;
      const child = spawn('bash', ['-c', limited, process.execPath, program, fillDisk.name, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      await once(child, 'close');
      const { added, total, message } = JSON.parse(line.toString()) as {
        added: number;
        total: number;
        message: string;
      };
      assert.match(message, /The disk is full/);
      assert(added > 0);
      assert.equal(total, added);
      store = await workshop.open(folder);
      assert.equal((await store.splits.list(firstPage)).total, added);
      assert.equal((await store.runs.get('run-example')).result, `split-number${added - 1}`);
      await store.splits.add(exampleClustering(), exampleRows());
    });
  });
}
