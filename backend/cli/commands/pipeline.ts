/** `polymath pipeline`: from files to the first answer, by one run. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import { formatCount, formatDuration, formatNumber } from '../../base/format';
import { formatBytes } from '../../base/bytes';
import { printable } from '../../base/printable';
import { namesSample } from '../../base/sample-names';
import { readValues } from '../../base/settings-schema';
import type { Raw } from '../../base/settings';
import { importKind } from '../../kinds/import/spec';
import { settingsFor } from '../../kinds/kind';
import { plannedFor, remarkOnModel, requireUsable } from '../../kinds/pipeline/plan';
import { mixtureOf, promptToTry } from '../../kinds/pipeline/prompt';
import { offeredModel, offeredModels } from '../../kinds/pull/spec';
import type { SourceFacts } from '../../protocol/catalog';
import type { Backend } from '../../protocol/messages';
import type { RunRecord, RunSpec } from '../../protocol/run';
import { answerSettings } from '../../protocol/settings';
import { methodLabel } from '../../split/methods/settings';
import { type CommandContext, withBackend, writeJson } from '../context';
import { describeCost } from '../cost';
import { addRunFlags, runOrEstimate, type RunOptions } from '../run-command';
import { toldSettings } from '../settings-flags';
import { hideOthers, otherMethods, refuseOthers } from '../split-command';
import { renderTable } from '../tables';
import { answerWriter } from './ask';

export function addPipeline(program: Command, context: CommandContext): void {
  const kind = context.kinds.pipeline;
  const command = program
    .command('pipeline')
    .description(
      'The shortest way from a corpus to an answer: import, split, train and mix in one run, then a first answer. What it makes can be used like what `import`, `split`, `train` and `mix` make; `run` compares it with its controls.',
    )
    .argument('<source>', 'what `polymath import` reads: a file, a folder, a glob, "sample"');
  const table = settingsFor(kind, {});
  const others = otherMethods(kind);
  hideOthers(addRunFlags(command, kind, table, ['source']), others, table);
  command.action(async (source: string, options: RunOptions) => {
    const told = await toldSettings(command, { ...table, ...others });
    refuseOthers(kind, String(told.method ?? table.method.default), told, 'pipeline --method');
    await run(namesSample(source) ? source : resolve(source), told, options, context);
  });
}

async function run(source: string, told: Raw, options: RunOptions, context: CommandContext): Promise<void> {
  await withBackend(context, options, true, async (backend) => {
    const spec = await specOf(backend, { ...told, source }, options, context);
    if (options.estimate === true && options.json !== true) return tellStages(backend, spec, context);
    const record = await runOrEstimate(backend, spec, options, context);
    if (record !== undefined) await answer(backend, record, options, context);
  });
}

/** What the run is told: what was said, and what fits the corpus. Tells it with its reasons. */
async function specOf(backend: Backend, told: Raw, { json }: RunOptions, context: CommandContext): Promise<RunSpec> {
  const { signal, progress, kinds, methods } = context;
  const importing = Object.fromEntries(Object.entries(told).filter(([key]) => Object.hasOwn(importKind.settings, key)));
  const facts = await backend.call('source/inspect', { spec: { ...importing, kind: 'import' } }, { signal });
  requireUsable(facts, told);
  const { settings } = kinds.pipeline;
  const spec = { method: settings.method.default, model: settings.model.default, ...plannedFor(facts), ...told };
  const pull = told.pull ?? !(await isHere(String(spec.model)));
  if (json !== true) {
    for (const line of linesOf(facts)) progress.print(line);
    const method = methodLabel(methods, String(spec.method), spec);
    const tokens = formatNumber(Number(spec.tokens), 'training token');
    progress.print(
      `Plan: ${formatNumber(Number(spec.k), 'pile')} by ${method}, ${tokens}, base model ${String(spec.model)}.`,
    );
    const remark = remarkOnModel(spec.model);
    const [model] = offeredModels;
    if (remark !== undefined)
      progress.print(
        `Note: ${remark}. One that writes: --model ${model.name} (${model.label}, ${formatBytes(model.bytes)}).`,
      );
    if (pull === true) progress.print(downloading(String(spec.model)));
  }
  return { ...spec, kind: 'pipeline', pull };
}

function downloading(name: string): string {
  const size = offeredModel(name)?.bytes;
  return `${name} is not on this machine: it is downloaded first${size === undefined ? '' : ` (${formatBytes(size)})`}.`;
}

/** Whether a base model is on this machine. Throws UserError where the name can be none of a model. */
async function isHere(name: string): Promise<boolean> {
  const { findModel, parseModel } = await import('../../model-files/source');
  const { kind } = await parseModel(name);
  if (kind !== 'hub' && kind !== 'smollm2') return true;
  return findModel(name).then(
    () => true,
    (error: unknown) => {
      if (error instanceof UserError) return false;
      throw error;
    },
  );
}

/** What is read of the source and what is not. */
function linesOf({ name, documents, notes, why, columns, rejected }: SourceFacts): string[] {
  const about = documents.all ? '' : 'about ';
  const because = columns.text === undefined || why === undefined ? '' : ` Text from \`${columns.text}\`: ${why}.`;
  const first = rejected.first.map(({ file, line, reason }) => `${file}, line ${line}: ${reason}`);
  return [
    `${name}: ${about}${formatNumber(documents.total, 'document')} (train ${formatCount(documents.train)}, validation ${formatCount(documents.validation)}, test ${formatCount(documents.test)}).${because}`,
    ...notes,
    ...(rejected.count === 0 ? [] : [`Left out: ${formatNumber(rejected.count, 'record')}. ${first.join('; ')}`]),
  ].map((line) => printable(line));
}

async function tellStages(backend: Backend, spec: RunSpec, { out, kinds, signal }: CommandContext): Promise<void> {
  const { stages = [], ...whole } = await backend.call('runs/estimate', { spec }, { signal });
  const columns = [
    { title: 'Stage', align: 'left' as const },
    { title: 'Tokens' },
    { title: 'Time' },
    { title: 'Memory' },
  ];
  const rows = [...stages.map((stage) => [kinds[stage.kind].label, stage] as const), ['Together', whole] as const];
  const cells = rows.map(([label, { tokens, seconds, memory }]) => ({
    cells: [label, formatCount(tokens), formatDuration(seconds), `${Math.round(memory)} MiB`],
  }));
  out.write(renderTable(columns, cells, out));
}

/** The experts go on with a text that they have not seen. */
async function answer(
  backend: Backend,
  { id, actual }: RunRecord,
  { json }: RunOptions,
  context: CommandContext,
): Promise<void> {
  const { out, progress, signal } = context;
  const { items } = await backend.call('runs/list', { parent: id, limit: 100 });
  const made = Object.fromEntries(items.map(({ spec, result }) => [spec.kind, result ?? '']));
  const prompt = await promptToTry(backend, made.import);
  const drawn = readValues(answerSettings, {});
  const model = await mixtureOf(backend, made.train);
  progress.finish();
  const writer =
    json === true ? undefined : await answerWriter(backend, { model, members: [], before: prompt }, context);
  const stream = writer === undefined ? {} : { onToken: writer.push };
  const { text } = await backend.call('ask', { model, prompt, ...drawn, stop: [] }, { signal, ...stream });
  if (writer === undefined) {
    const { import: dataset, split, train: experts, mix: mixer } = made;
    return writeJson(context, { run: id, dataset, split, experts, mixer, prompt, answer: text });
  }
  writer.end();
  out.write(`\nThese are ${made.train}, made by ${id}${actual === undefined ? '' : ` (${describeCost(actual)})`}.\n`);
  out.write('Next: polymath ask "…", polymath piles, polymath evaluate\n');
}
