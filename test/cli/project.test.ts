import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReport } from '../../backend/protocol/report';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';
import { finished, polymath, says, start } from '../support/program';

describe('commands for a project as a whole', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(150));
    const { code, err } = await command(folder, 'split', 'random', 'corpus.jsonl', '--k', '3');
    assert.equal(code, 0, err);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('runs the whole job and writes a report with the controls of a first look, whose splits keep to links', async function () {
    // Five systems are split, trained and scored.
    this.timeout(180_000);
    await writeFile(join(folder, 'fewer.jsonl'), generatedCorpus(90));
    await command(folder, 'split', 'gold', 'fewer.jsonl', '--project', 'job');
    const labels = async (to: string): Promise<{ index: number; pile: string }[]> => {
      const exported = await command(folder, 'export', 'labels', '--to', to, '--project', 'job');
      assert.equal(exported.code, 0, exported.err);
      const lines = (await readFile(join(folder, to), 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as { index: number; pile: string });
    };
    const before = await labels('before.jsonl');
    const [first, other] = ['A', 'B'].map((letter) => before.find(({ pile }) => pile === letter)?.index);
    const link = await command(folder, 'labels', '--must', `${first}`, `${other}`, '--project', 'job');
    assert.equal(link.code, 0, link.err);
    const sizes = ['--k', '3', '--tokens', '3000', '--test-documents', '12', '--prefix', '24', '--rounds', '1'];
    const job = ['run', '--data', 'fewer.jsonl', '--project', 'job', ...sizes];
    const deeper = await command(folder, ...job, '--layers', '99');
    assert.match(deeper.err, /The model has \d+ layers, not 99\.\n.*leave --layers out/, deeper.err);
    const run = await polymath(folder, ...job, '--rank', '4', '--layers', '2');
    assert.equal(run.code, 0, run.err);
    const report = parseReport(JSON.parse(await readFile(join(folder, 'job', 'report.json'), 'utf8')));
    assert.match(report.budget.training ?? '', /LoRA r = 4 on every projection of the last 2 layers/);
    assert.deepEqual(Object.keys(report.splits).sort(), ['em', 'kmeans', 'random']);
    const systems = ['base', 'kmeans', 'mixture', 'monolithic', 'random'];
    assert.deepEqual(Object.keys(report.perplexity).sort(), systems);
    assert.deepEqual(Object.keys(report.perplexity.mixture?.domains ?? {}).sort(), ['court', 'harbour', 'kitchen']);
    assert.match(await readFile(join(folder, 'job', 'report.html'), 'utf8'), /<\/html>/);
    assert.match(run.out, /The piles[^]*report\.html[^]*Next/);
    const written = await command(folder, 'export', 'evaluation', '--to', 'table.md', '--project', 'job');
    assert.equal(written.code, 0, written.err);
    const table = await readFile(join(folder, 'table.md'), 'utf8');
    for (const { id, label } of report.systems) {
      const figure = report.perplexity[id].macro.toFixed(2);
      assert.ok(
        table.split('\n').some((line) => line.includes(label) && line.includes(` ${figure} `)),
        table,
      );
    }
    const after = new Map((await labels('after.jsonl')).map(({ index, pile }) => [index, pile]));
    assert.equal(after.get(first ?? -1), after.get(other ?? -1));
  });

  it('ends an estimate when it is told to', async () => {
    await writeFile(join(folder, 'fewer.jsonl'), generatedCorpus(90));
    const child = start(folder, 'run', '--data', 'fewer.jsonl', '--project', 'job', '--estimate');
    const ended = finished(child);
    await says(child, 'documents in');
    child.kill('SIGINT');
    const { code, out } = await ended;
    assert.deepEqual({ code, out }, { code: 130, out: '' });
  });

  it('imports, lists and exports, and tells what a run would take', async () => {
    await writeFile(
      join(folder, 'texts.csv'),
      'body,label\n"one, two and three",a\nfour small boats,b\nfive green hills,a\nsix old clocks,b\nseven\n',
    );
    const imported = await command(folder, 'import', 'texts.csv', '--project', 'csv', '--json');
    assert.equal(imported.code, 0, imported.err);
    assert.match(imported.err, /texts\.csv, line 6/);
    const dataset = JSON.parse(imported.out) as { id: string; documents: { total: number }; domains: unknown[] };
    assert.deepEqual([dataset.documents.total, dataset.domains.length], [4, 2]);
    const listed = await command(folder, 'datasets', dataset.id, '--project', 'csv');
    assert.match(listed.out, /one, two/, listed.err);
    const exported = await command(folder, 'export', 'dataset', '--to', 'out.jsonl', '--project', 'csv');
    assert.equal(exported.code, 0, exported.err);
    const lines = (await readFile(join(folder, 'out.jsonl'), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 4);
    const { out } = await command(folder, 'train', '--tokens', '30000', '--estimate', '--json');
    // What is trained on, and what base model and experts are measured on meanwhile; how near that is, engine/estimates.test.ts tells.
    const { tokens } = JSON.parse(out) as { tokens: number };
    assert.ok(tokens > 30_000, out);
  });

  it('doctor finds this machine fit, names a damaged project, and repairs it', async () => {
    await cp(join(folder, '.polymath'), join(folder, 'broken'), { recursive: true });
    const well = await command(folder, 'doctor', '--project', 'broken');
    assert.equal(well.code, 0, well.out + well.err);
    await writeFile(join(folder, 'broken', 'project.duckdb'), 'x'.repeat(20_000));
    const ill = await command(folder, 'doctor', '--project', 'broken');
    assert.equal(ill.code, 1);
    assert.match(ill.out, /✗ Project.*project\.duckdb/);
    const repaired = await command(folder, 'doctor', '--repair', '--project', 'broken');
    assert.equal(repaired.code, 0, repaired.out + repaired.err);
    assert.match((await command(folder, 'runs', '--project', 'broken')).out, /split +done/);
  });
});
