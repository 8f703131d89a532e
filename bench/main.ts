// npm run bench [-- --threads <n>] [--peft <python>] [--only <text>] [--out <results.json>]: measures the engine, prints a
// table, writes every sample as JSON. With a Python that has PyTorch and PEFT (peft/requirements.txt), these take turns
// with the engine at the same work. On a machine that others use too, one thread gives the steadier ratios (see clock.ts).
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultLora } from '../backend/model/adapters/adapter';
import { writeWhole } from '../backend/base/files';
import { Contender } from './contender';
import { modelFolder, models } from './models';
import { type Group, groups, type PeftWork, type Piece, randomTokens } from './pieces';
import { type Measurement, table } from './table';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: String(availableParallelism()) },
    peft: { type: 'string' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'bench-results.json' },
  },
});
const cache = join('.cache', 'bench');
const child = fileURLToPath(new URL('child.js', import.meta.url));

/** PyTorch with the same model, tokens and settings. */
async function startPeft(python: string, piece: Piece, work: PeftWork): Promise<Contender> {
  const { config } = models[piece.model];
  const setup = {
    ...work,
    folder: await modelFolder(cache, models[piece.model]),
    tokens: [...randomTokens(config, work.rows * (work.context + 1))],
    threads: Number(options.threads),
    alpha: defaultLora.alpha,
    yardstick: [config.hiddenSize, config.feedForwardSize],
  };
  return Contender.start([python, join('bench', 'peft', 'work.py')], setup);
}

interface Rival {
  readonly piece: Piece;
  readonly by: Measurement['by'];
  readonly contender: Contender;
}

/** Starts whoever takes part in a group, one after another; each has done its work once then. */
async function rivalsOf({ pieces }: Group, index: number): Promise<Rival[]> {
  const rivals: Rival[] = [];
  for (const [i, piece] of pieces.entries()) {
    const command = [process.execPath, child, String(index), String(i), cache, options.threads];
    const engine: Rival = { piece, by: 'engine', contender: await Contender.start(command, {}) };
    rivals.push(engine);
    if (options.peft === undefined || piece.peft === undefined) continue;
    const peft: Rival = { piece, by: 'peft', contender: await startPeft(options.peft, piece, piece.peft) };
    refuseOtherWork(piece, engine.contender.ready.loss, peft.contender.ready.loss);
    rivals.push(peft);
  }
  return rivals;
}

// Float32 sums of a different order differ by less, and what is rounded on either side; other weights, tokens or shapes by more.
const [sameLoss, roundedLoss] = [1e-4, 1e-2];

function refuseOtherWork(piece: Piece, ours = 0, theirs = 0): void {
  if (Math.abs(ours - theirs) <= (piece.products === 'int8' ? roundedLoss : sameLoss) * ours) return;
  throw new Error(`${piece.name}: the losses ${ours} and ${theirs} differ, so this was not the same work`);
}

/** Everybody does the work once in each round. */
async function compete(group: Group, index: number): Promise<Measurement[]> {
  const rivals = await rivalsOf(group, index);
  const measurements = rivals.map(({ piece, by, contender }): Measurement => {
    const { name, model, targets = {} } = piece;
    const dtype = by === 'peft' && piece.peft?.dtype !== undefined ? { dtype: piece.peft.dtype } : {};
    return { name, model: models[model].name, by, ...dtype, targets, ...contender.ready, samples: [] };
  });
  for (let round = 0; round < group.repetitions; round++) {
    for (const [i, { contender }] of rivals.entries()) measurements[i].samples.push(await contender.repeat());
  }
  for (const { contender } of rivals) await contender.end();
  return measurements;
}

await mkdir(cache, { recursive: true });
// In a process of its own: a process starts with its parent's peak memory as its own.
execFileSync(process.execPath, [child, 'models', cache], { stdio: 'inherit' });
const measured: Measurement[][] = [];
for (const [index, group] of groups.entries()) {
  const names = group.pieces.map(({ name, model }) => `${models[model].name}: ${name}`);
  if (!names.some((name) => name.includes(options.only))) continue;
  process.stderr.write(`${names.join('; ')} …\n`);
  measured.push(await compete(group, index));
}
const machine = {
  processor: cpus()[0].model,
  threads: Number(options.threads),
  node: process.version,
  platform: process.platform,
};
const libraries = measured.flat().find(({ by }) => by === 'peft')?.libraries;
process.stdout.write(`${machine.processor}, ${machine.threads} thread(s), Node ${machine.node}\n`);
process.stdout.write(`${libraries === undefined ? '' : `PEFT: ${libraries}\n`}\n${table(measured)}`);
await writeWhole(options.out, `${JSON.stringify({ machine, groups: measured }, undefined, 2)}\n`);
