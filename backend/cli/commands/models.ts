import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { formatCount, formatShort } from '../../base/format';
import { printable } from '../../base/printable';
import type { ListedModel, ModelFacts } from '../../protocol/catalog';
import type { PullWatch } from '../../model-files/catalog/pull';
import { formatBytes } from '../../base/bytes';
import { UserError } from '../../base/errors';
import { checkLine, FailedChecks } from '../checks';
import { type CommandContext, writeJson } from '../context';
import { modelName } from '../options';
import { renderTable } from '../tables';

interface Options {
  readonly json?: boolean;
}

interface RemoveOptions extends Options {
  readonly yes?: boolean;
}

export function addModels(program: Command, context: CommandContext): void {
  const models = program
    .command('models')
    .description('Base models: list what is on this machine, pull from the hub, inspect, verify, remove.');
  const command = (usage: string, description: string): Command =>
    models.command(usage).description(description).option('--json', 'print the result as JSON');
  models
    .command('list', { isDefault: true })
    .description('List the base models on this machine, with their sizes.')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => list(options, context));
  const named = (usage: string, description: string): Command =>
    command(usage, description).argument(
      '<model>',
      'org/name, org/name:Q4_K_M, smollm2, a folder or a GGUF file',
      modelName,
    );
  named('pull', 'Download a model; what an interrupted download left is used.').action(
    (name: string, options: Options) => pull(name, options, context),
  );
  named('inspect', 'Tell what a model is and what it takes.').action((name: string, options: Options) =>
    inspect(name, options, context),
  );
  named('verify', 'Check a model: hashes, headers, values that are no numbers.').action(
    (name: string, options: Options) => verify(name, options, context),
  );
  named('remove', 'Remove a model that was downloaded or converted; your own files stay.')
    .option('--yes', 'do not ask')
    .action((name: string, options: RemoveOptions) => remove(name, options, context));
}

// What does the work is loaded only where it is used: other commands need neither downloads nor conversions.
const watchOf = ({ progress, signal }: CommandContext): PullWatch => ({
  report: (report) => progress.report(report),
  tell: (line) => progress.print(printable(line)),
  signal,
});

async function list({ json }: Options, context: CommandContext): Promise<void> {
  const { listModels } = await import('../../model-files/catalog/list');
  const found = await listModels();
  if (json === true) return writeJson(context, found);
  const columns = [
    { title: 'Model', align: 'left' as const, whole: true },
    { title: 'Size' },
    { title: 'From', align: 'left' as const },
    { title: 'Note', align: 'left' as const },
  ];
  const rows = found.map(({ name, bytes, origin, problem = '' }: ListedModel) => ({
    cells: [printable(name), formatBytes(bytes), origin, printable(problem)],
  }));
  context.out.write(renderTable(columns, rows, context.out));
  const total = found.reduce((sum, { bytes }) => sum + bytes, 0);
  context.out.write(`${formatBytes(total)} in all. Name one with --model.\n`);
}

async function pull(name: string, { json }: Options, context: CommandContext): Promise<void> {
  const { pullModel } = await import('../../model-files/catalog/pull');
  const { folder, encoder, downloaded } = await pullModel(name, watchOf(context));
  context.progress.finish();
  if (json === true) writeJson(context, { name, folder, downloaded });
  else context.out.write(`${name} is ready: ${encoder === true ? '--encoder' : '--model'} ${name}\n`);
}

async function inspect(name: string, { json }: Options, context: CommandContext): Promise<void> {
  const { inspectModel } = await import('../../model-files/catalog/inspect');
  const facts = await inspectModel(name, watchOf(context));
  context.progress.finish();
  if (json === true) return writeJson(context, facts);
  const rows = describe(facts);
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, text] of rows) context.out.write(`${label.padEnd(width)}  ${printable(text)}\n`);
}

function describe(facts: ModelFacts): [string, string][] {
  const types = Object.entries(facts.types).map(([type, count]) => `${formatShort(count)} in ${type}`);
  const { decode, train } = facts.memory;
  return [
    ['Model', facts.name],
    ['Folder', facts.folder],
    ...(facts.gguf === undefined ? [] : [['Made from', facts.gguf] as [string, string]]),
    ['Family', facts.family],
    ['Parameters', `${formatCount(facts.parameters)} (${types.join(', ')})`],
    ['Layers', `${facts.layers}, ${facts.hiddenSize} wide`],
    ['Heads', `${facts.heads}, ${facts.keyValueHeads} for keys and values`],
    ['Context', `${formatCount(facts.context)} tokens`],
    ['Vocabulary', `${formatCount(facts.vocabulary)} tokens`],
    ['Tokenizer', facts.tokenizer],
    ['Chat template', facts.chatTemplate ? 'yes' : 'no'],
    ['Licence', facts.license ?? 'not stated here'],
    ['On disk', formatBytes(facts.bytes)],
    ['Memory', `about ${formatBytes(decode)} to answer, ${formatBytes(train)} to train an adapter`],
  ];
}

async function verify(name: string, { json }: Options, context: CommandContext): Promise<void> {
  const { verifyModel } = await import('../../model-files/catalog/verify');
  const checks = await verifyModel(name, watchOf(context));
  context.progress.finish();
  const width = Math.max(...checks.map((check) => check.name.length));
  if (json === true) writeJson(context, checks);
  else for (const check of checks) context.out.write(checkLine(check, width));
  const failed = checks.filter(({ ok }) => !ok).length;
  if (failed > 0) throw new FailedChecks(`${name} is not whole.`, 'Do what stands beside the checks that failed.');
}

async function remove(name: string, { json, yes }: RemoveOptions, context: CommandContext): Promise<void> {
  const { planRemoval, remove: carryOut } = await import('../../model-files/catalog/remove');
  const removal = await planRemoval(name);
  const { paths, bytes, copies } = removal;
  const size = formatBytes(bytes);
  const what = copies ? `what was made of ${name}` : name;
  if (yes !== true && !(await confirmed(`Remove ${what}, ${size}, from ${paths[0]}?`, context))) {
    throw new UserError(`${name} stays.`, 'Nothing was removed.');
  }
  await carryOut(removal);
  if (json === true) writeJson(context, { name, paths, bytes, copies });
  else if (copies) context.out.write(`${name} stays; ${size} that were made of it are free again.\n`);
  else context.out.write(`${name} is removed: ${size} are free again.\n`);
}

/** Asks whoever sits at the terminal. Throws UserError where nobody does. */
async function confirmed(question: string, { signal }: CommandContext): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UserError(question, 'Nobody can be asked here: say so with --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
}
