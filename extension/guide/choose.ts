/** Who guides: a setting of the wizard that splits, and a question of the one that drafts roles. */
import type { ListChoice } from '../wizard/boxes';
import type { Ask } from '../wizard/steps';
import { editorModels, nameOf } from './models';

type Elsewhere = 'endpoint';

export const baseByAnswers: ListChoice<string> = {
  label: 'Base Model, by Its Answers',
  description: 'on this machine',
  detail: 'For models that were trained to chat.',
  value: 'local',
};

/** What is asked, with the choices that stand before the editor's models and endpoints. */
export interface GuideQuestion {
  readonly placeholder: string;
  readonly own: readonly ListChoice<string>[];
  /** The variable of the environment that holds keys of endpoints; that of guides by default. */
  readonly keys?: string;
  /** What goes to the provider of an editor's model. */
  readonly sent?: string;
}

const splitting: GuideQuestion = {
  placeholder: 'Who says which documents belong together?',
  own: [
    {
      label: 'Likelihood',
      description: 'on this machine',
      detail: 'The base model, without a word: whose text makes a text more probable.',
      value: 'likelihood',
    },
    baseByAnswers,
  ],
};

const elsewhere = (keys: string): ListChoice<Elsewhere> => ({
  label: '$(globe) Endpoint…',
  description: 'Ollama, LM Studio, vLLM, a cloud',
  detail: `Speaks OpenAI’s protocol. Its key: ${keys} in the environment.`,
  value: 'endpoint',
});

export function guideText(guide: string): string {
  const known = splitting.own.find(({ value }) => value === guide);
  return known === undefined ? guide.replace(/^editor:/, '').replace('#', ' · ') : known.label;
}

export async function askGuide(
  ask: Ask,
  current: string,
  {
    placeholder,
    own,
    keys = 'POLYMATH_GUIDE_KEY',
    sent = 'Parts of the documents are sent to its provider.',
  }: GuideQuestion = splitting,
): Promise<string> {
  const chosen = await ask.pick<string>(async () => {
    const models = (await editorModels()).map((model) => ({
      label: model.name,
      description: 'of the editor',
      detail: sent,
      value: `editor:${nameOf(model)}`,
    }));
    return { placeholder, lines: [...own, ...models, elsewhere(keys)] };
  });
  if (chosen !== 'endpoint') return chosen;
  return ask.text({
    prompt: 'Address of the endpoint and name of its model',
    placeholder: 'http://127.0.0.1:11434/v1#llama3.2',
    value: current.includes('#') ? current : 'http://127.0.0.1:11434/v1#',
    check: (text) => (/^https?:\/\/[^\s#]+#\S+$/.test(text) ? undefined : 'Write it as address#model.'),
  });
}
