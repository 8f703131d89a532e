import * as vscode from 'vscode';
import { formatBytes } from '../../backend/base/bytes';
import type { ListedModel, ModelFacts } from '../../backend/protocol/catalog';
import type { CallOptions, Method, Params, Result } from '../../backend/protocol/messages';
import { inTitle } from '../contributions/contribution';
import { MissingStep } from '../errors/missing';
import { formatCount, formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { offeredModels } from '../../backend/kinds/pull/spec';
import { askHubName, askModel, modelLine } from '../wizard/base-model';
import { begin } from '../wizard/begin';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const modelCommands: CommandTable = {
  'polymath.models.pull': {
    title: 'Pull Model…',
    icon: 'cloud-download',
    needs: 'backend',
    menus: [inTitle('experts', '2_models@1')],
    run: pull,
  },
  'polymath.models.inspect': {
    title: 'Inspect Model…',
    needs: 'backend',
    menus: [inTitle('experts', '2_models@2')],
    run: inspect,
  },
  'polymath.models.verify': {
    title: 'Verify Model…',
    needs: 'backend',
    menus: [inTitle('experts', '2_models@3')],
    run: verify,
  },
  'polymath.models.remove': {
    title: 'Remove Model…',
    needs: 'backend',
    menus: [inTitle('experts', '2_models@4')],
    run: remove,
  },
};

/** A download is a run: it shows its progress, goes on after a crash, and can be paused. */
async function pull(polymath: Polymath, given?: unknown): Promise<void> {
  const title = 'Pull Model';
  const name = typeof given === 'string' ? given : await polymath.dialogs.run(title, undefined, askPublished);
  await begin(polymath, { kind: 'pull', model: name });
}

async function askPublished(ask: Ask): Promise<string> {
  const chosen = await ask.pick({
    placeholder: 'Which model is to be brought to this machine?',
    lines: [
      ...offeredModels.map(({ name, label, bytes, detail }) => ({
        label,
        description: formatBytes(bytes),
        detail,
        value: name,
      })),
      { label: '$(cloud) Model of the Hub…', value: '' },
    ],
  });
  return chosen === '' ? askHubName(ask) : chosen;
}

async function inspect(polymath: Polymath): Promise<void> {
  const title = 'Inspect Model';
  const model = await polymath.dialogs.run(title, undefined, (ask) => askModel(ask, polymath));
  const facts = await waiting(polymath, `Reading ${model}`, 'catalog/inspect', { model });
  await showFigures(polymath, model, figuresOf(facts));
}

function figuresOf(facts: ModelFacts): (readonly [string, string])[] {
  const types = Object.entries(facts.types).map(([type, count]) => `${formatCount(count)} in ${type}`);
  const { decode, train } = facts.memory;
  return [
    ['Family', facts.family],
    ['Parameters', `${formatCount(facts.parameters)} (${types.join(', ')})`],
    ['Layers', `${facts.layers}, ${formatCount(facts.hiddenSize)} wide`],
    ['Heads', `${facts.heads}, ${facts.keyValueHeads} for keys and values`],
    ['Context', formatNumber(facts.context, 'token')],
    ['Vocabulary', formatNumber(facts.vocabulary, 'token')],
    ['Tokenizer', facts.tokenizer],
    ['Chat Template', facts.chatTemplate ? 'yes' : 'no'],
    ['Licence', facts.license ?? 'not stated'],
    ['On Disk', formatBytes(facts.bytes)],
    ['Memory', `about ${formatBytes(decode)} to answer, ${formatBytes(train)} to train an adapter`],
    ['Folder', facts.folder],
    ...(facts.gguf === undefined ? [] : [['Made From', facts.gguf] as const]),
  ];
}

/** Shows names and values in a list that can be searched; Enter copies a value. */
async function showFigures(
  { dialogs }: Polymath,
  title: string,
  figures: readonly (readonly [name: string, value: string])[],
): Promise<void> {
  const lines = figures.map(([label, description]) => ({ label, description, value: description }));
  const value = await dialogs.run(title, undefined, (ask) => ask.pick({ placeholder: 'Enter copies a line', lines }));
  await vscode.env.clipboard.writeText(value);
  void vscode.window.setStatusBarMessage('Copied.', 3000);
}

async function verify(polymath: Polymath): Promise<void> {
  const title = 'Verify Model';
  const model = await polymath.dialogs.run(title, undefined, (ask) => askModel(ask, polymath));
  const checks = await waiting(polymath, `Verifying ${model}`, 'catalog/verify', { model });
  const wrong = checks.filter(({ ok }) => !ok);
  const heading = wrong.length === 0 ? `${model} is whole` : `${model} is not whole`;
  await showFigures(
    polymath,
    heading,
    checks.map(({ name, ok, found, next }) => [`$(${ok ? 'pass' : 'error'}) ${name}`, `${found} ${next}`.trim()]),
  );
}

async function remove(polymath: Polymath): Promise<void> {
  const { client, dialogs } = polymath;
  const { name } = await dialogs.run('Remove Model', undefined, (ask) => askRemovable(ask, polymath));
  const { paths, bytes, copies } = await client.call('catalog/removal', { model: name });
  const size = formatBytes(bytes);
  const rest = copies
    ? 'Copies that Polymath made. The model itself stays; they are made again when they are needed.'
    : 'Experts that were trained on it need it again.';
  const detail = `${size} are deleted:\n${paths.join('\n')}\n${rest}`;
  const answer = await vscode.window.showWarningMessage(`Remove ${name}?`, { modal: true, detail }, 'Remove');
  if (answer !== 'Remove') return;
  await client.call('catalog/remove', { model: name });
  void vscode.window.showInformationMessage(
    `${copies ? `Copies of ${name} are` : `${name} is`} removed: ${size} are free again.`,
  );
}

/** What Polymath brought here; what is the user's own or of another program stays. */
function askRemovable(ask: Ask, { client }: Polymath): Promise<ListedModel> {
  const origins: readonly ListedModel['origin'][] = ['hub', 'package', 'file'];
  return ask.pick(async () => {
    const here = (await client.call('catalog/list', {})).filter(({ origin }) => origins.includes(origin));
    if (here.length > 0) return { placeholder: 'Choose a model to remove', lines: here.map(modelLine) };
    throw new MissingStep('No model was brought to this machine.', 'There is nothing to remove.', []);
  });
}

/** Asks for what may take a while: told in a notification, which ends it, too. */
function waiting<M extends Method>(
  { client }: Polymath,
  title: string,
  method: M,
  params: Params<M>,
): Thenable<Result<M>> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, async (_, cancellation) => {
    const controller = new AbortController();
    const options: CallOptions = { signal: controller.signal };
    const subscription = cancellation.onCancellationRequested(() => controller.abort());
    try {
      return await client.call(method, params, options);
    } finally {
      subscription.dispose();
    }
  });
}
