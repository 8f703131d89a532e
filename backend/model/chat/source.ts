import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../base/files';
import type { Settings } from '../tokenizer/definition';

/**
 * The chat template of a model folder: `chat_template.jinja`, or what `tokenizer_config.json` holds. Of several by name, in the
 * configuration or in `additional_chat_templates`, the one called `default`.
 */
export async function readTemplate(folder: string, { chat_template: given }: Settings): Promise<string | undefined> {
  const file = await readText(join(folder, 'chat_template.jinja'));
  if (file !== undefined) return file;
  if (typeof given === 'string') return given;
  const named = new Map((given ?? []).map(({ name, template }) => [name, template]));
  return named.get('default') ?? readText(join(folder, 'additional_chat_templates', 'default.jinja'));
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
