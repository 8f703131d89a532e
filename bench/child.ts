// Measures one piece in a process of its own, so that its peak memory is its own: child.js <name> <cache> <threads>.
import { LanguageModel } from '../backend/model/language-model';
import { createClock } from './clock';
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

async function measure(piece: Piece, folder: string, threads: number): Promise<Measurement> {
  const { name, model, prepare, inner, repetitions } = piece;
  const clock = createClock(threads);
  const opened = await LanguageModel.open(folder, { threads });
  const yardstick = await Yardstick.create(models[model].config, threads);
  const { tokens, flops, run } = await prepare(opened);
  await run();
  const gemm = [await yardstick.burst(clock)];
  const seconds: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const begin = clock();
    for (let i = 0; i < inner; i++) await run();
    seconds.push((clock() - begin) / inner);
    gemm.push(await yardstick.burst(clock));
  }
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { piece: name, tokens, ...(flops === undefined ? {} : { flops }), seconds, gemm, peakMiB };
}

const [, , index, cache, threads] = process.argv;
if (index === 'models') {
  for (const model of Object.values(models)) await modelFolder(cache, model);
} else {
  const piece = pieces[Number(index)];
  process.send?.(await measure(piece, await modelFolder(cache, models[piece.model]), Number(threads)));
}
