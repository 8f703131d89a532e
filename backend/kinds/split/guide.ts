/** Who guides a split: `likelihood` (the base model, without a word), or a chat model by its name (`protocol/chat-name.ts`). */
import { formatNumber } from '../../base/format';
import { AnswerBook } from '../../chat/answer-book';
import { Budget } from '../../split/methods/guided/guide-budget';
import { ChatGuide } from '../../split/methods/guided/chat-guide';
import type { Union } from '../../split/result';
import type { Guide, GuideLimits } from '../../split/methods/guided/guide';
import { LikelihoodGuide } from '../../split/methods/guided/likelihood-guide';
import type { TokenizedDocument } from '../../corpus/tokenized';
import type { LanguageModel } from '../../model/language-model';
import { writeWhole } from '../../base/files';
import { answersFile, unionsFile } from '../../engine/run-files';
import type { WrittenUnion } from '../../engine/unions';
import type { Job } from '../../engine/job';
import { openChatModel } from '../../chat/open';

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
  if (name !== 'likelihood') {
    const chat = await openChatModel(name, { called: 'guide', others: ['likelihood'], model, offer });
    return new ChatGuide(chat, book, budget, watch.signal);
  }
  const step = texts.length / backgroundDocuments;
  const background = Array.from({ length: Math.min(backgroundDocuments, texts.length) }, (_, i) =>
    texts[Math.floor((i + 0.5) * Math.max(1, step)) % texts.length].slice(0, backgroundCharacters),
  );
  return new LikelihoodGuide(model, book, budget, watch.signal, background);
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
