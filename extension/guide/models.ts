/** The language models that the editor has from others, as guides. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { vendor } from '../inline/model-provider';

export const justification =
  'To sort the documents of a corpus into piles, or to describe them, Polymath shows parts of them to the model; as a member of a council it is asked what the council is asked.';

/** What experts learned from cannot guide the split that they will learn from. */
export async function editorModels(): Promise<vscode.LanguageModelChat[]> {
  const { lm } = vscode as Partial<typeof vscode>;
  return ((await lm?.selectChatModels()) ?? []).filter((model) => model.vendor !== vendor);
}

export const nameOf = ({ vendor: from, id }: vscode.LanguageModelChat): string => `${from}/${id}`;

/** Throws LanguageModelError where the editor has no such model any more. */
export async function editorModelNamed(name: string): Promise<vscode.LanguageModelChat> {
  const at = name.indexOf('/');
  const [model] = await vscode.lm.selectChatModels({ vendor: name.slice(0, at), id: name.slice(at + 1) });
  if (model === undefined) throw vscode.LanguageModelError.NotFound(`The editor has no model ${name}.`);
  return model;
}

/**
 * Asks for the editor's consent while the user is there to give it: a run asks when nobody looks. Throws UserError where it is not given.
 */
export async function askConsent(extension: vscode.ExtensionContext, model: vscode.LanguageModelChat): Promise<void> {
  if (extension.languageModelAccessInformation.canSendRequest(model) === true) return;
  try {
    const reply = await model.sendRequest([vscode.LanguageModelChatMessage.User('Answer with OK.')], { justification });
    for await (const part of reply.text) if (part.length > 0) break;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${model.name} cannot be asked: ${why}`, 'Allow it, or choose another guide.');
  }
}

/** As the backend's client takes it: for good, or for another try. */
export function statusOf(error: unknown): number {
  if (!(error instanceof vscode.LanguageModelError)) return 500;
  const statuses: Readonly<Record<string, number>> = { NoPermissions: 403, Blocked: 400, NotFound: 404 };
  return statuses[error.code] ?? 500;
}
