/**
 * Who guides a split: `likelihood` (the base model, without a word), `local` (the base model, by its answers), `editor:<model>` (a model
 * of the editor that has the project open), or `<url>#<model>` (an endpoint that speaks OpenAI's protocol).
 */
import { formatNumber } from '../../base/format';
import type { ChatModel } from '../../chat/chat-model';
import { LocalChatModel } from '../../chat/local';
import { AnswerBook, Budget } from '../../split/methods/guided/answer-book';
import { ChatGuide } from '../../split/methods/guided/chat-guide';
import type { Union } from '../../split/result';
import type { Guide, GuideLimits } from '../../split/methods/guided/guide';
import { LikelihoodGuide } from '../../split/methods/guided/likelihood-guide';
import type { TokenizedDocument } from '../../corpus/tokenized';
import type { LanguageModel } from '../../model/language-model';
import { environment, secondsIn } from '../../base/environment';
import { UserError } from '../../base/errors';
import type { GuideOffer } from '../../protocol/guide';
import { writeWhole } from '../../base/files';
import { answersFile, unionsFile } from '../../engine/run-files';
import type { WrittenUnion } from '../../engine/unions';
import type { Job } from '../../engine/job';

/** Documents of all kinds that a likelihood is measured against, and characters of each. */
const [backgroundDocuments, backgroundCharacters] = [12, 400];

/** Opens the guide of a run, which keeps its answers in the folder of the run. Throws UserError where there is no such guide. */
export async function openGuide(
  name: string,
  limits: GuideLimits,
  texts: readonly string[],
  model: LanguageModel,
  { folder, watch, guide: offer }: Pick<Job, 'folder' | 'watch' | 'guide'>,
): Promise<Guide> {
  const budget = new Budget(limits);
  console.log(
    `Guide ${name}: at most ${formatNumber(limits.queries, 'question')} and ${formatNumber(limits.tokens, 'token')}.`,
  );
  const book = await AnswerBook.open(answersFile(folder));
  if (book.size > 0) console.log(`${formatNumber(book.size, 'answer is', 'answers are')} kept from before.`);
  if (name !== 'likelihood') return new ChatGuide(await chatModel(name, model, offer), book, budget, watch.signal);
  const step = texts.length / backgroundDocuments;
  const background = Array.from({ length: Math.min(backgroundDocuments, texts.length) }, (_, i) =>
    texts[Math.floor((i + 0.5) * Math.max(1, step)) % texts.length].slice(0, backgroundCharacters),
  );
  return new LikelihoodGuide(model, book, budget, watch.signal, background);
}

async function chatModel(name: string, model: LanguageModel, offer: GuideOffer | undefined): Promise<ChatModel> {
  if (name === 'local') return new LocalChatModel(model);
  // Loaded only where it is needed.
  const { OpenAiModel } = await import('../../chat/openai');
  const patience = secondsIn('POLYMATH_GUIDE_SECONDS', 60);
  const [kind, editorModel] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
  if (kind === 'editor') {
    if (offer !== undefined) return new OpenAiModel({ ...offer, model: editorModel, patience });
    throw new UserError('No editor offers its models.', 'Start the split from the editor, or resume it there.');
  }
  const [url, endpointModel = ''] = name.split('#');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || endpointModel === '') {
    throw new UserError(
      `There is no guide ${name}.`,
      'Name likelihood, local, or the address of an endpoint with its model: http://127.0.0.1:11434/v1#llama3.2',
    );
  }
  return new OpenAiModel({ url, model: endpointModel, key: environment().POLYMATH_GUIDE_KEY, patience });
}

/** Why the small clusters became piles, one union a line, as `unions.jsonl` in the folder of the run. */
export async function writeUnions(
  folder: string,
  unions: readonly Union[],
  documents: readonly TokenizedDocument[],
): Promise<void> {
  const ids = (rows: readonly number[]): string[] => rows.map((row) => documents[row].id);
  const lines = unions.map(({ a, b, by, verdict }) => {
    const { quote, reason, gain } = verdict ?? {};
    const written: WrittenUnion = { by, quote, reason, gain, a: ids(a), b: ids(b) };
    return `${JSON.stringify(written)}\n`;
  });
  await writeWhole(unionsFile(folder), lines.join(''));
}
