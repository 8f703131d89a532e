/** The base model that experts are made of: chosen once per project, and remembered. */
import type * as vscode from 'vscode';
import { formatBytes } from '../../backend/base/bytes';
import type { ListedModel } from '../../backend/protocol/catalog';
import { modelSetting, modelToday } from '../../backend/base/settings';
import { type OfferedModel, offeredModels } from '../../backend/kinds/pull/spec';
import type { Polymath } from '../polymath';
import { heading, type ListChoice, type ListLine } from './boxes';
import type { Ask } from './steps';

const memory = 'baseModel';

/** The one that was chosen last in this project. */
export function baseModel({ extension }: Polymath): string {
  return modelToday(extension.workspaceState.get<string>(memory) ?? modelSetting.default);
}

export async function rememberModel({ extension }: Polymath, model: string): Promise<void> {
  await extension.workspaceState.update(memory, model);
}

type Elsewhere = 'hub' | 'folder' | 'gguf';
type Named = Pick<ListedModel, 'name'>;

/** A model on this machine, or where another one is. `costOf`: what a model takes that is offered to be downloaded; then some are. */
export async function askModel(
  ask: Ask,
  { client }: Polymath,
  current?: string,
  costOf?: (model: OfferedModel, signal: AbortSignal) => Promise<string>,
): Promise<string> {
  const chosen = await ask.pick<Named | Elsewhere>(async () => {
    const here = await client.call('catalog/list', {});
    const offered =
      costOf === undefined ? [] : offeredModels.filter(({ name }) => !here.some((one) => one.name === name));
    const costs = new Map<string, string>();
    const lines = (): ListLine<Named | Elsewhere>[] => [
      ...here.map(modelLine),
      ...(offered.length > 0 ? [heading('To be downloaded first')] : []),
      ...offered.map((model) => offeredLine(model, costs.get(model.name) ?? 'estimating…')),
      ...elsewhere,
    ];
    return {
      placeholder: 'Choose a base model',
      lines: lines(),
      active: current,
      watch: (replace, box) => {
        const left = new AbortController();
        box.onDidHide(() => left.abort());
        void (async () => {
          for (const model of offered) {
            costs.set(model.name, (await costOf?.(model, left.signal)) ?? '');
            if (left.signal.aborted) return;
            replace(lines());
          }
        })().catch(() => undefined);
      },
    };
  });
  switch (chosen) {
    case 'hub':
      return askHubName(ask);
    case 'folder':
      return (await ask.paths({ canSelectFiles: false, canSelectFolders: true, openLabel: 'Use Model' }))[0];
    case 'gguf':
      return (await ask.paths({ filters: { 'GGUF models': ['gguf'] }, openLabel: 'Use Model' }))[0];
    default:
      return chosen.name;
  }
}

/** The name of a model of the hub, which “Pull Model…” brings here. */
export function askHubName(ask: Ask): Promise<string> {
  return ask.text({
    prompt: 'Name of a model on the Hugging Face hub',
    placeholder: 'org/name, org/name@revision or org/name:Q4_K_M',
    value: '',
    check: (text) => (/^[^\s/]+\/[^\s/]+$/.test(text) ? undefined : 'Write it as org/name.'),
  });
}

export function modelLine(model: ListedModel): vscode.QuickPickItem & { value: ListedModel } {
  const { name, origin, bytes, path, problem } = model;
  const icon = problem === undefined ? '' : '$(warning) ';
  return { label: name, description: `${icon}${formatBytes(bytes)}, ${origin}`, detail: problem ?? path, value: model };
}

function offeredLine({ name, label, bytes }: OfferedModel, cost: string): ListChoice<Named> {
  return { label, description: `${formatBytes(bytes)} to download`, detail: cost, value: { name } };
}

const elsewhere: readonly ListLine<Elsewhere>[] = [
  heading('Elsewhere'),
  { label: '$(cloud) Model of the Hub…', value: 'hub' },
  { label: '$(folder) Model Folder…', value: 'folder' },
  { label: '$(file) GGUF File…', value: 'gguf' },
];
