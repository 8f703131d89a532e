/** Errors that name settings by their keys, told with the labels of their rows. */
import { UserError } from '../../backend/base/errors';
import { namingSettings } from '../../backend/base/settings';
import { runKinds, settingNamed } from '../../backend/kinds/specs';

export function inTheEditorsWords(error: unknown): unknown {
  if (!(error instanceof UserError) || !/\{\w+\}/.test(error.message + error.next)) return error;
  const told = (text: string): string => namingSettings(text, labelOf);
  return new UserError(told(error.message), told(error.next));
}

function labelOf(key: string): string | undefined {
  const label = settingNamed(runKinds, key)?.label;
  return label && `“${label}”`;
}
