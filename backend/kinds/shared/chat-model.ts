import { environment, secondsIn } from '../../base/environment';
import { UserError } from '../../base/errors';
import type { ChatModel } from '../../chat/chat-model';
import { LocalChatModel } from '../../chat/local';
import type { LanguageModel } from '../../model/language-model';
import type { GuideOffer } from '../../protocol/guide';

/** What a run knows of chat models, and what messages call them. */
export interface ChatModels {
  /** "guide" */
  readonly called: string;
  /** Names that stand for something else than a chat model. */
  readonly others: readonly string[];
  /** The base model, which is `local`. */
  readonly model: LanguageModel;
  readonly offer: GuideOffer | undefined;
}

/**
 * The chat model of a name: `local` (the base model, by its answers), `editor:<model>` (a model of the editor that has the project
 * open), or `<url>#<model>` (an endpoint that speaks OpenAI's protocol). Throws UserError where there is none.
 */
export async function openChatModel(name: string, { model, ...elsewhere }: ChatModels): Promise<ChatModel> {
  return name === 'local' ? new LocalChatModel(model) : openEndpoint(name, elsewhere);
}

/** The same for models that are not the base model. */
export async function openEndpoint(
  name: string,
  { called, others, offer }: Omit<ChatModels, 'model'>,
): Promise<ChatModel> {
  // Loaded only where it is needed.
  const { OpenAiModel } = await import('../../chat/openai');
  const patience = secondsIn('POLYMATH_GUIDE_SECONDS', 60);
  const [kind, editorModel] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
  if (kind === 'editor') {
    if (offer !== undefined) return new OpenAiModel({ ...offer, model: editorModel, patience });
    throw new UserError('No editor offers its models.', 'Start the run from the editor, or resume it there.');
  }
  const [url, endpointModel = ''] = name.split('#');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || endpointModel === '') {
    throw new UserError(
      `There is no ${called} ${name}.`,
      `Name ${[...others, 'local'].join(', ')}, or the address of an endpoint with its model: http://127.0.0.1:11434/v1#llama3.2`,
    );
  }
  return new OpenAiModel({ url, model: endpointModel, key: environment().POLYMATH_GUIDE_KEY, patience });
}
