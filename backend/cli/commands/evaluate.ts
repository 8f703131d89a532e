import type { Command } from 'commander';
import type { DeviceChoice } from '../../base/device';
import { perplexityTable } from '../../protocol/records';
import { evaluateSpec } from '../../protocol/run';
import { chooseDataset, type Context, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { newestExperts, newestMixer } from '../newest';
import { tellEstimate } from '../estimate';
import { deviceOption, positiveInteger } from '../options';
import { renderTable } from '../tables';

interface Options extends ProjectOptions {
  readonly experts?: string;
  readonly documents?: number;
  readonly device?: DeviceChoice;
  readonly estimate?: boolean;
}

export function addEvaluate(program: Command, context: Context): void {
  program
    .command('evaluate')
    .description("Perplexity of base model, experts and mixture on the corpus's test documents.")
    .argument(
      '[data]',
      "what `polymath import` reads, or the id of a dataset; the split's own, else the newest, by default",
    )
    .option('--experts <id>', 'set of experts; the newest by default')
    .option('--documents <number>', 'test documents at most', positiveInteger)
    .addOption(deviceOption())
    .option('--estimate', 'tell what it would take, and do nothing')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((data: string | undefined, options: Options) => run(data, options, context));
}

async function run(data: string | undefined, options: Options, context: Context): Promise<void> {
  await withBackend(options, false, async (backend) => {
    const experts = await newestExperts(backend, options.experts);
    const fromSplit = experts.clustering !== undefined;
    const mixer = fromSplit ? (await newestMixer(backend, experts.id)).id : undefined;
    const dataset = data === undefined && fromSplit ? undefined : (await chooseDataset(backend, data, context)).id;
    const { documents, device } = options;
    const spec = evaluateSpec.parse({ kind: 'evaluate', experts: experts.id, mixer, dataset, documents, device });
    if (options.estimate === true) return tellEstimate(backend, spec, options.json === true, context);
    const { result } = await startRun(backend, spec, context);
    const evaluation = await backend.call('evaluations/get', { evaluation: result ?? '' });
    context.progress.finish();
    if (options.json === true) writeJson(context, evaluation.result);
    else show(evaluation.result, context);
  });
}

function show(result: unknown, { out }: Context): void {
  const columns = [
    { title: 'System', align: 'left' as const },
    { title: 'Perplexity' },
    { title: 'Bits per byte' },
    { title: 'Against the base, nats per token' },
  ];
  const rows = perplexityTable.parse(result).systems.map(({ name, macro, bitsPerByte, difference }) => ({
    cells: [
      name,
      macro.toFixed(2),
      bitsPerByte.toFixed(3),
      name === 'Base model'
        ? ''
        : `${difference.deltaNats.toFixed(3)} (${difference.lo.toFixed(3)} to ${difference.hi.toFixed(3)})`,
    ],
    lead: name === 'Mixture' || name === 'Equal weights',
  }));
  out.write(renderTable(columns, rows, out));
}
