import type { Command } from 'commander';
import { formatList } from '../../base/format';
import { expertLetter } from '../../base/letter';
import type { Raw } from '../../base/settings';
import { trainKind } from '../../kinds/train/spec';
import { type CommandContext, withBackend, writeJson } from '../context';
import { newestSplit } from '../newest';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';
import { printable } from '../../base/printable';
import { warningsOf } from '../../protocol/expert-warnings';

export function addTrain(program: Command, context: CommandContext): void {
  const command = program.command('train').description("Train one expert per pile of the project's split.");
  addRunFlags(command, trainKind, trainKind.settings).action(async (options: RunOptions) =>
    run(await toldSettings(command, trainKind.settings), options, context),
  );
}

async function run(told: Raw, options: RunOptions, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    const split = await newestSplit(backend, told.split);
    const { piles } = split;
    const record = await runOrEstimate(backend, { ...told, kind: 'train', split: split.id }, options, context);
    if (record === undefined) return;
    const trained = await backend.call('experts/get', { experts: record.result ?? '' });
    context.progress.finish();
    const experts = trained.experts.map(({ letter, name, loss, validation }) => ({
      expert: letter,
      name,
      loss,
      validation,
    }));
    if (options.json === true) return writeJson(context, { id: trained.id, tokens: trained.tokens, experts });
    const without = piles.filter(({ pile }) => !trained.experts.some((expert) => expert.pile === pile));
    if (without.length > 0) {
      const letters = formatList(without.map(({ pile }) => expertLetter(pile)));
      const [named, have] = without.length === 1 ? ['Pile', 'has'] : ['Piles', 'have'];
      context.out.write(`${named} ${letters} ${have} no texts: no expert was trained there.\n`);
    }
    for (const line of warningsOf(trained)) context.out.write(`${line}\n`);
    for (const { expert, name, loss, validation } of experts) {
      const learned = loss === undefined ? 'no documents' : `${loss.toFixed(2)} nats per token`;
      const unseen =
        validation && `${validation.loss.toFixed(2)} on unseen documents, the base model ${validation.base.toFixed(2)}`;
      context.out.write(`${expert}  ${[learned, unseen].filter(Boolean).join('; ')}  ${printable(name)}\n`);
    }
    context.out.write('Next: polymath mix\n');
  });
}
