/** Chat models by their names. */
import { environment, type Environment, secondsIn } from '../base/environment';
import { UserError } from '../base/errors';
import type { LanguageModel } from '../model/language-model';
import { chatNameForms, readChatName } from '../protocol/chat-name';
import type { GuideOffer } from '../protocol/guide';
import type { ChatModel } from './chat-model';
import { LocalChatModel } from './local';
import type { ChatKey } from './openai';

/** What a run knows of chat models, and what messages call them. */
export interface ChatModels {
  /** "guide" */
  readonly called: string;
  /** Names that stand for something else than a chat model. */
  readonly others: readonly string[];
  /** The base model, which is `local`. */
  readonly model: LanguageModel;
  readonly offer: GuideOffer | undefined;
  /** Which key an endpoint gets; that of guides by default. */
  readonly keyFor?: (url: string) => ChatKey;
}

/** The chat model of a name, see `protocol/chat-name`. Throws UserError where there is none. */
export async function openChatModel(name: string, { model, ...elsewhere }: ChatModels): Promise<ChatModel> {
  return name === 'local' ? new LocalChatModel(model) : openEndpoint(name, elsewhere);
}

/** The same for models that are not the base model. */
export async function openEndpoint(
  name: string,
  { called, others, offer, keyFor = guideKey }: Omit<ChatModels, 'model'>,
): Promise<ChatModel> {
  // Loaded only where it is needed.
  const { OpenAiModel } = await import('./openai');
  const patience = secondsIn('POLYMATH_GUIDE_SECONDS', 60);
  const read = readChatName(name);
  if (read?.kind === 'endpoint') {
    return new OpenAiModel({ url: read.url, model: read.model, key: keyFor(read.url), patience });
  }
  if (read?.kind !== 'editor') {
    throw new UserError(
      `There is no ${called} ${name}.`,
      `Name ${others.map((other) => `${other}, `).join('')}${chatNameForms}`,
    );
  }
  if (offer === undefined) {
    throw new UserError('No editor offers its models.', 'Start the run from the editor, or resume it there.');
  }
  const key = { value: offer.key, next: 'Allow it in the editor.' };
  return new OpenAiModel({ url: offer.url, model: read.model, key, patience });
}

/** A person names a guide where its work begins, so there is one key for them all. */
const guideKey = (): ChatKey => ({
  value: environment().POLYMATH_GUIDE_KEY,
  next: 'Set POLYMATH_GUIDE_KEY to a key that it takes.',
});

/**
 * The key of an endpoint that a council names, which somebody else may have written: it gets the key of its own address, and no other.
 * The variable holds `<address>=<key>`, several between blanks; an address is that of the endpoint or the beginning of it.
 */
export function memberKey(url: string, { POLYMATH_CHAT_KEYS = '' }: Environment = environment()): ChatKey {
  const plain = (address: string): string => address.replace(/\/+$/, '');
  const found = POLYMATH_CHAT_KEYS.split(/\s+/)
    .map((entry) => ({ address: plain(entry.slice(0, entry.indexOf('='))), key: entry.slice(entry.indexOf('=') + 1) }))
    .find(({ address }) => address !== '' && (plain(url) === address || url.startsWith(`${address}/`)));
  return { value: found?.key, next: `Set POLYMATH_CHAT_KEYS to ${plain(url)}=KEY, with a key that it takes.` };
}
