/** Modelfiles, by which Ollama makes models of GGUF files that lie beside them: `ollama create NAME -f FILE`. */
import { readTemplate } from '../../../model/chat/source';
import { readDefinition } from '../../../model/tokenizer/definition';

/** Ollama reads the chat template of the file. Where a model has none, what it is sent is what it reads. */
export async function modelfileOfModel(folder: string, file: string): Promise<string> {
  const { settings } = await readDefinition(folder);
  const template = await readTemplate(folder, settings);
  return `FROM ./${file}\n${template === undefined ? 'TEMPLATE """{{ .Prompt }}"""\n' : ''}`;
}

export function modelfileOfAdapter(model: string, file: string): string {
  const ollama = /^ollama:(.+)$/.exec(model)?.[1];
  const note = ollama === undefined ? `# The base model: put the GGUF file of ${model} here.\n` : '';
  return `${note}FROM ${ollama ?? './base.gguf'}\nADAPTER ./${file}\n`;
}
