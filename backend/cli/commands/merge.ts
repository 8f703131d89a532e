import { formatNumber } from '../../base/format';
import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import type { Amount, Raw } from '../../base/settings';
import { groundOf, howOf, usualWeight } from '../../kinds/merge/settings';
import { mergeKind, type MergeSpec } from '../../kinds/merge/spec';
import { specOf } from '../../kinds/read-spec';
import type { ExpertSetRecord } from '../../protocol/records';
import { type CommandContext, type ProjectOptions, startRun, withBackend, writeJson } from '../context';
import { newestExperts } from '../newest';
import { numbers } from '../options';
import { addRunFlags } from '../run-command';
import { toldSettings } from '../settings-flags';

interface Options extends ProjectOptions {
  readonly weights?: number[];
}

export function addMerge(program: Command, context: CommandContext): void {
  const command = program
    .command('merge')
    .description(
      'Write a model of its own that other tools load, or an adapter: what experts make of the base model together, added or by another method.',
    )
    .argument('[letters...]', 'experts (A, B, …); all of the set by default')
    .option(
      '--weights <numbers>',
      'how much of each expert counts, in the order of the letters: 0.7,0.3; equal shares of 1 by default, and 1 each where signs are elected on factors',
      numbers,
    );
  addRunFlags(command, mergeKind, mergeKind.settings, ['weights']).action(async (letters: string[], options: Options) =>
    run(letters, await toldSettings(command, mergeKind.settings), options, context),
  );
}

async function run(letters: readonly string[], told: Raw, options: Options, context: CommandContext): Promise<void> {
  if (told.path === undefined) throw new UserError('The folder of the new model is missing.', 'Name it: --to FOLDER');
  await withBackend(context, options, false, async (backend) => {
    const experts = await newestExperts(backend, told.experts);
    const fromFile = options.weights === undefined ? told.weights : undefined;
    if (fromFile !== undefined && letters.length > 0) {
      throw new UserError(
        'The file of settings says how much of each expert is added, and so do the letters.',
        'Leave out the letters, or give their weights: --weights',
      );
    }
    const spec = {
      ...told,
      kind: mergeKind.kind,
      experts: experts.id,
      weights: fromFile ?? weightsOf(experts, letters, told, options.weights),
    };
    const { result, spec: done } = await startRun(backend, spec, {}, context);
    context.progress.finish();
    const made = specOf(mergeKind, done);
    if (options.json !== true) return void context.out.write(`${result}: ${toldOf(made)}.\n`);
    const { weights, as, dtype } = made;
    writeJson(context, { folder: result, experts: experts.id, weights, ...howOf(made), as, dtype });
  });
}

const grounds = { weights: 'whole weights', deltas: 'what experts change', factors: "the adapters' factors" } as const;

/** What was made, and how. */
function toldOf(spec: MergeSpec): string {
  const parts = spec.weights.map(({ letter, weight }) => `${Number(weight.toFixed(3))} × ${letter}`).join(' + ');
  const form = spec.as === 'adapter' ? 'an adapter on the base model' : `in ${spec.dtype}`;
  const ground = groundOf(spec);
  if (spec.method === 'linear' && ground === 'deltas') return `the base model + ${parts}, ${form}`;
  const { method, on: _, ...values } = howOf(spec);
  const told = Object.entries(values).map(([key, value]) => `, ${key} ${value}`);
  return `${parts} by ${method} on ${grounds[ground]}${told.join('')}, ${form}`;
}

/** The chosen experts, each with its share. Throws UserError where the weights are not one for each. */
function weightsOf(
  { experts }: ExpertSetRecord,
  letters: readonly string[],
  told: Raw,
  weights: readonly number[] | undefined,
): readonly Amount[] {
  const chosen =
    letters.length > 0 ? letters.map((letter) => letter.toUpperCase()) : experts.map(({ letter }) => letter);
  if (weights !== undefined && weights.length !== chosen.length) {
    throw new UserError(
      `${formatNumber(weights.length, 'weight was', 'weights were')} given for ${formatNumber(chosen.length, 'expert')} (${chosen.join(', ')}).`,
      'Give one weight for each, separated by commas.',
    );
  }
  return chosen.map((letter, i) => ({ letter, weight: weights?.[i] ?? usualWeight(told, chosen.length) }));
}
