/**
 * Kills backends and the processes of their runs at random moments, lets them go on, and compares what comes out with an
 * undisturbed run, bit for bit.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeBundle } from '../../backend/base/bundle';
import type { Connection } from '../../backend/rpc/client/connection';
import { createRandom, type Random } from '../../backend/base/random';
import type { SplitRecord } from '../../backend/protocol/records';
import type { RunRecord, RunSpec } from '../../backend/protocol/run';
import { artifactName } from '../../backend/engine/artifacts/store';
import { canonicalJson } from '../../backend/base/canonical-json';
import { reportSchema } from '../../backend/protocol/report';
import { sweepTable } from '../../backend/protocol/sweep';
import { generatedCorpus } from '../support/corpus';
import { type Finished, finished, start } from '../support/program';
import { processesOf, type RunningBackend, startBackend } from './backend';

/** Kinds of runs, and a command that makes several. */
export const kinds = ['import', 'split', 'train', 'mix', 'evaluate', 'sweep', 'choose-k'] as const;
export type Kind = (typeof kinds)[number];

export interface MatrixResult {
  readonly kills: number;
  readonly byKind: Readonly<Record<Kind, number>>;
  readonly byVictim: Readonly<Record<string, number>>;
  readonly runs: number;
  /** Moves and links that were acknowledged, all of which were found again. */
  readonly acknowledged: number;
  readonly attempts: number;
}

/** What every kind of run starts from, and what it makes when nothing disturbs it. */
interface Reference {
  readonly folder: string;
  readonly dataset: string;
  readonly specs: Readonly<Record<Kind, RunSpec>>;
  /** SHA-256 of what the run made, without ids and times. */
  readonly made: Readonly<Record<Kind, string>>;
  /** Seconds that the undisturbed run took. */
  readonly seconds: Readonly<Record<Kind, number>>;
}

// Documents of the import that is killed.
const imported = 20_000;

const victims = ['backend', 'run', 'all'] as const;

export async function crashMatrix(
  kills: number,
  seed: number,
  documents: number,
  { mostKills = 4, only = kinds }: { readonly mostKills?: number; readonly only?: readonly Kind[] } = {},
  log: (line: string) => void = () => undefined,
): Promise<MatrixResult> {
  const work = await mkdtemp(join(tmpdir(), 'polymath-crash-'));
  try {
    const reference = await makeReference(work, { documents, only }, log);
    const random = createRandom(seed);
    const result = {
      kills: 0,
      runs: 0,
      acknowledged: 0,
      attempts: 0,
      byKind: Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>,
      byVictim: { backend: 0, run: 0, all: 0 } as Record<string, number>,
    };
    while (result.kills < kills) {
      const kind = only[result.runs % only.length];
      const wanted = Math.min(kills - result.kills, 1 + random.below(mostKills));
      const chain = new Chain(join(work, `project-${result.runs}`), kind, reference, random);
      const done = await chain.run(wanted);
      result.runs++;
      result.kills += done.victims.length;
      result.byKind[kind] += done.victims.length;
      result.acknowledged += done.acknowledged;
      result.attempts += done.attempts;
      for (const victim of done.victims) result.byVictim[victim]++;
      log(
        `${result.kills} of ${kills} kills: ${kind} killed ${done.victims.join(', ')}; ${done.attempts} attempts; equal`,
      );
    }
    return result;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** One run that is killed some times and then ends. */
class Chain {
  private readonly acknowledged: { readonly moves: number[]; readonly links: string[] } = { moves: [], links: [] };
  private backend: RunningBackend | undefined;

  constructor(
    private readonly folder: string,
    private readonly kind: Kind,
    private readonly reference: Reference,
    private readonly random: Random,
  ) {}

  async run(kills: number): Promise<{ victims: string[]; acknowledged: number; attempts: number }> {
    return this.kind === 'choose-k' ? this.runCommand(kills) : this.runRun(kills);
  }

  /** A command has no run of its own: it is given again until it ends. */
  private async runCommand(kills: number): Promise<{ victims: string[]; acknowledged: number; attempts: number }> {
    await cp(this.reference.folder, this.folder, { recursive: true });
    const killed: string[] = [];
    while (killed.length < kills) {
      const command = chooseK(this.folder, this.reference.dataset);
      await sleep(800 * this.random.uniform() * this.reference.seconds['choose-k']);
      const victim = this.random.below(2) === 0 ? 'backend' : 'all';
      for (const pid of await processesOf(this.folder)) {
        if (victim === 'all' || pid === command.pid) killProcess(pid);
      }
      await command.figures.catch(() => undefined);
      killed.push(victim);
      await this.checkFiles();
    }
    if ((await chooseK(this.folder, this.reference.dataset).figures) !== this.reference.made['choose-k']) {
      throw new Error('choose-k made something else after its kills');
    }
    await this.checkFiles();
    await rm(this.folder, { recursive: true, force: true });
    return { victims: killed, acknowledged: 0, attempts: killed.length + 1 };
  }

  private async runRun(kills: number): Promise<{ victims: string[]; acknowledged: number; attempts: number }> {
    if (this.kind === 'import') await mkdir(this.folder);
    else await cp(this.reference.folder, this.folder, { recursive: true });
    let backend = await this.start();
    const { id } = await backend.client.call('runs/start', { spec: this.reference.specs[this.kind] });
    const killed: string[] = [];
    while (killed.length < kills) {
      const editing = this.edit(backend.client);
      // Later moments are as likely as early ones; some come after the end.
      await sleep(800 * this.random.uniform() * this.reference.seconds[this.kind]);
      const victim = victims[this.random.below(victims.length)];
      await this.kill(victim, backend, id);
      killed.push(victim);
      await editing;
      if (victim !== 'run') {
        await this.checkFiles();
        backend = await this.start();
      }
      await this.checkEdits(backend.client);
      await resume(backend.client, id);
    }
    const record = await settled(backend.client, id);
    if (record.state !== 'done') throw new Error(`${this.kind} ended ${record.state}: ${record.failure?.message}`);
    const made = await describeMade(this.folder, this.kind, record, backend.client);
    if (made !== this.reference.made[this.kind]) throw new Error(`${this.kind} made something else after its kills`);
    await backend.client.close();
    backend.process.stdin?.end();
    await backend.closed;
    await this.checkFiles();
    await rm(this.folder, { recursive: true, force: true });
    const { moves, links } = this.acknowledged;
    return { victims: killed, acknowledged: moves.length + links.length, attempts: record.attempt };
  }

  private async start(): Promise<RunningBackend> {
    this.backend = await startBackend(this.folder);
    return this.backend;
  }

  private async kill(victim: (typeof victims)[number], backend: RunningBackend, run: string): Promise<void> {
    const pids = await processesOf(this.folder);
    const own = backend.process.pid;
    for (const pid of pids) {
      if (victim === 'all' || (pid === own) === (victim === 'backend')) killProcess(pid);
    }
    if (victim === 'run') await settled(backend.client, run);
    else await backend.closed;
  }

  /** Moves documents and links them as fast as it is acknowledged, until the backend is gone. */
  private async edit(client: Connection): Promise<void> {
    try {
      const clustering = await firstClustering(client);
      if (clustering === undefined) return;
      const dataset = clustering.dataset;
      for (let i = 0; i < 6; i++) {
        const { moves, links } = this.acknowledged;
        const at = moves.length;
        const [row] = (await client.call('piles/documents', { clustering: clustering.id, offset: at % 20, limit: 1 }))
          .items;
        const documents = [{ index: row.index, version: row.version }];
        const to = (row.pile + 1) % clustering.k;
        const moved = await client.call('labels/move', { clustering: clustering.id, documents, to });
        moves.push(moved.moves[0].sequence);
        const link = await client.call('links/add', { dataset, kind: 'must', a: links.length, b: links.length + 1 });
        links.push(link.id);
        await sleep(30);
      }
    } catch {
      // The backend was killed in the middle of a call: what it had not acknowledged may or may not be there.
    }
  }

  private async checkEdits(client: Connection): Promise<void> {
    const { moves, links } = this.acknowledged;
    if (moves.length === 0) return;
    const clustering = await firstClustering(client);
    if (clustering === undefined) throw new Error('the clustering is lost');
    const logged = (await client.call('labels/list', { clustering: clustering.id, limit: 1000 })).items;
    const linked = (await client.call('links/list', { dataset: clustering.dataset, limit: 1000 })).items;
    for (const sequence of moves) {
      if (!logged.some((move) => move.sequence === sequence)) throw new Error(`the move ${sequence} is lost`);
    }
    for (const id of links) if (!linked.some((link) => link.id === id)) throw new Error(`the link ${id} is lost`);
  }

  /** No process outlives its backend for ten seconds, and every file that counts as written can be read. */
  private async checkFiles(): Promise<void> {
    const left = await this.orphans();
    if (left.length > 0) throw new Error(`orphans: ${left.join(', ')}`);
    for (const entry of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || path.includes('.part') || path.includes('/spill/')) continue;
      if (/\.json$/.test(path)) JSON.parse(await readFile(path, 'utf8'));
      else if (/\.(bundle|checkpoint)$|\/blobs\//.test(path)) decodeBundle(await readFile(path));
      else if (path.includes('/results/')) artifactName.parse(await readFile(path, 'utf8'));
    }
  }

  /** What is still alive ten seconds after its backend was gone. */
  private async orphans(): Promise<number[]> {
    for (let waited = 0; waited < 10_000; waited += 100) {
      if ((await processesOf(this.folder)).length === 0) return [];
      await sleep(100);
    }
    return processesOf(this.folder);
  }
}

/** Lets the command line choose a number of piles in a project; with the figures that it finds. */
function chooseK(
  folder: string,
  dataset: string,
): { readonly pid: number | undefined; readonly figures: Promise<string> } {
  const small = ['--rounds', '1', '--prefix', '16', '--tokens-per-round', '400'];
  const child = start(
    dirname(folder),
    'choose-k',
    'em',
    dataset,
    '--ks',
    '2,3',
    ...small,
    '--project',
    folder,
    '--json',
  );
  return { pid: child.pid, figures: finished(child).then(figuresOf) };
}

/** Without the ids of the splits. */
function figuresOf({ code, out, err }: Finished): string {
  if (code !== 0) throw new Error(`choose-k failed: ${err}`);
  const { figures } = JSON.parse(out) as { figures: { k: number; nats: number }[] };
  return canonicalJson(figures.map(({ k, nats }) => ({ k, nats })));
}

/** The one that was there from the beginning: a run may add another. */
async function firstClustering(client: Connection): Promise<SplitRecord | undefined> {
  return (await client.call('splits/list', { limit: 1000 })).items.at(-1);
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}

async function resume(client: Connection, id: string): Promise<void> {
  const { state } = await client.call('runs/get', { run: id });
  if (state !== 'done' && state !== 'queued' && state !== 'running') await client.call('runs/resume', { run: id });
}

export async function settled(client: Connection, id: string): Promise<RunRecord> {
  for (;;) {
    const record = await client.call('runs/get', { run: id });
    if (record.state !== 'queued' && record.state !== 'running') return record;
    await sleep(30);
  }
}

async function makeReference(
  work: string,
  { documents, only }: { readonly documents: number; readonly only: readonly Kind[] },
  log: (line: string) => void,
): Promise<Reference> {
  const folder = join(work, 'reference');
  const source = join(work, 'corpus.jsonl');
  await mkdir(folder);
  await writeFile(source, generatedCorpus(documents));
  const { client, process: child, closed } = await startBackend(folder);
  const seconds: Record<string, number> = {};
  const made: Record<string, string> = {};
  const specs: Record<string, RunSpec> = {};
  const finish = async (kind: string, spec: RunSpec): Promise<string> => {
    const record = await settled(client, (await client.call('runs/start', { spec })).id);
    if (record.state !== 'done') throw new Error(`${kind} ended ${record.state}: ${record.failure?.message}`);
    [specs[kind], seconds[kind]] = [spec, record.seconds];
    made[kind] = await describeMade(folder, kind as Kind, record, client);
    log(`undisturbed ${kind}: ${record.seconds.toFixed(1)} s`);
    return record.result ?? '';
  };
  const reading = { kind: 'import', columns: {}, seed: 0, validation: 0.1, test: 0.3, nearDuplicates: 0.8 } as const;
  const dataset = await finish('import', { ...reading, source });
  // Long enough to be killed in the middle, too.
  await writeFile(`${source}.large.jsonl`, generatedCorpus(imported, 2));
  await finish('import', { ...reading, source: `${source}.large.jsonl` });
  const em = { method: 'em', k: 3, prefix: 24, rounds: 2, literal: false } as const;
  const split = await finish('split', { kind: 'split', dataset, ...em, seed: 1, model: 'base' });
  const training = { tokens: 20_000, rank: 4, learningRate: 5e-3, seed: 1, model: 'base' };
  const experts = await finish('train', { kind: 'train', clustering: split, ...training });
  const mixer = await finish('mix', { kind: 'mix', experts, seed: 1 });
  await finish('evaluate', { kind: 'evaluate', experts, mixer });
  const parts = { starts: ['unigram', 'random'], prefixes: [16], rounds: 1, tokensPerRound: 400 };
  if (only.includes('sweep'))
    await finish('sweep', {
      kind: 'sweep',
      dataset,
      k: 3,
      seeds: [1],
      ...parts,
      withoutControls: true,
      model: 'base',
    });
  // Otherwise a later one would find its splits made.
  for (const { id } of (await client.call('splits/list', { limit: 1000 })).items) {
    if (id !== split) await client.call('splits/remove', { clustering: id });
  }
  await client.close();
  child.stdin?.end();
  await closed;
  // Results of tasks would make every later run a lookup.
  await rm(join(folder, 'tasks'), { recursive: true });
  const reference = { folder, dataset, specs, made, seconds } as Reference;
  if (!only.includes('choose-k')) return reference;
  const began = performance.now();
  const copy = join(work, 'choosing');
  await cp(folder, copy, { recursive: true });
  made['choose-k'] = await chooseK(copy, dataset).figures;
  seconds['choose-k'] = (performance.now() - began) / 1000;
  log(`undisturbed choose-k: ${seconds['choose-k'].toFixed(1)} s`);
  await rm(copy, { recursive: true });
  return reference;
}

/** SHA-256 of what a run made: tables and weights to the last bit, without ids and times. */
export async function describeMade(
  folder: string,
  kind: Kind | 'compare',
  { result = '' }: RunRecord,
  client: Connection,
): Promise<string> {
  const hash = createHash('sha256');
  const add = (value: unknown): void => void hash.update(canonicalJson(value));
  switch (kind) {
    case 'import': {
      const { contentSha256, documents, duplicates } = await client.call('datasets/get', { dataset: result });
      add({ contentSha256, documents, duplicates });
      add(await client.call('documents/list', { dataset: result, limit: 1000 }));
      add(await client.call('rejections/list', { dataset: result, limit: 1000 }));
      break;
    }
    case 'split': {
      const { quality, rounds, outliers, piles } = await client.call('splits/get', { clustering: result });
      add({ quality, rounds, outliers, piles });
      const { total, items } = await client.call('piles/documents', { clustering: result, limit: 1000 });
      // Links are what people add meanwhile.
      add({ total, items: items.map((row) => ({ ...row, linked: undefined })) });
      for (const { round } of rounds) {
        const { documents, posteriors } = await client.call('posteriors/get', { clustering: result, round });
        hash.update(documents).update(posteriors);
      }
      break;
    }
    case 'train': {
      const { experts, tokens } = await client.call('experts/get', { experts: result });
      add({ experts, tokens });
      for (const { letter } of experts) {
        hash.update(await readFile(join(folder, 'experts', result, letter, 'adapter_model.safetensors')));
      }
      break;
    }
    case 'mix': {
      const { items } = await client.call('mixers/list', { limit: 1000 });
      add(
        items
          .filter(({ id }) => id === result)
          .map(({ temperature, validationNll }) => ({ temperature, validationNll })),
      );
      break;
    }
    case 'sweep': {
      const { lines } = sweepTable.parse((await client.call('evaluations/get', { evaluation: result })).result);
      for (const { splits, ...line } of lines) {
        add(line);
        for (const { split, seed, figures } of splits) {
          add({ seed, figures });
          const { items } = await client.call('piles/documents', { clustering: split, limit: 1000 });
          add(items.map(({ index, pile, confidence }) => ({ index, pile, confidence })));
        }
      }
      break;
    }
    case 'choose-k':
      break;
    case 'compare': {
      const { perplexity, comparisons, mixer, continuation } = reportSchema.parse(
        (await client.call('evaluations/get', { evaluation: result })).result,
      );
      add({ perplexity, comparisons, mixer, continuation });
      break;
    }
    case 'evaluate':
      add((await client.call('evaluations/get', { evaluation: result })).result);
  }
  return hash.digest('hex');
}
