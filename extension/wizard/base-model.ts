/** The base model that experts are made of: chosen once per project, and remembered. */
import type * as vscode from 'vscode';
import { formatBytes } from '../../backend/base/bytes';
import type { ListedModel } from '../../backend/protocol/catalog';
import { modelSetting, modelToday } from '../../backend/base/settings';
import type { Polymath } from '../polymath';
import { heading, type ListLine } from './boxes';
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

/** A model on this machine, or where another one is. */
export async function askModel(ask: Ask, { client }: Polymath, current?: string): Promise<string> {
  const chosen = await ask.pick<ListedModel | Elsewhere>(async () => {
    const here = await client.call('catalog/list', {});
    return { placeholder: 'Choose a base model', lines: [...here.map(modelLine), ...elsewhere], active: current };
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

const elsewhere: readonly ListLine<Elsewhere>[] = [
  heading('Elsewhere'),
  { label: '$(cloud) Model of the Hub…', value: 'hub' },
  { label: '$(folder) Model Folder…', value: 'folder' },
  { label: '$(file) GGUF File…', value: 'gguf' },
];
