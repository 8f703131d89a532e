// Measures one piece in a process of its own, so that its peak memory is its own: child.js <name> <cache> <threads>.
import { LanguageModel } from '../backend/model/language-model';
import { Yardstick } from './gemm';
import { modelFolder, models } from './models';
import { type Piece, pieces } from './pieces';

export interface Measurement {
  readonly piece: string;
  readonly tokens: number;
  readonly flops?: number;
  /** Seconds of each repetition of the work. */
  readonly seconds: readonly number[];
  /** GEMM FLOP/s before the first repetition, between repetitions, and after the last. */
  readonly gemm: readonly number[];
  /** Peak resident memory of the process, MiB. */
  readonly peakMiB: number;
}

async function measure({ name, model, prepare, inner, repetitions }: Piece, folder: string): Promise<Measurement> {
  const threads = Number(process.argv[4]);
  const opened = await LanguageModel.open(folder, { threads });
  const yardstick = await Yardstick.create(models[model].config, threads);
  const { tokens, flops, run } = await prepare(opened);
  await run();
  const gemm = [await yardstick.burst()];
  const seconds: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const begin = performance.now();
    for (let i = 0; i < inner; i++) await run();
    seconds.push((performance.now() - begin) / 1000 / inner);
    gemm.push(await yardstick.burst());
  }
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { piece: name, tokens, ...(flops === undefined ? {} : { flops }), seconds, gemm, peakMiB };
}

const [, , index, cache] = process.argv;
if (index === 'models') {
  for (const model of Object.values(models)) await modelFolder(cache, model);
} else {
  const piece = pieces[Number(index)];
  process.send?.(await measure(piece, await modelFolder(cache, models[piece.model])));
}
