/** Puts a question of the page of tokens to those who are to answer it. */
import type { AnsweringModel } from '../../backend/protocol/answers';
import type { Answer, Question, Token } from '../../webview/tokens/protocol';
import type { BackendClient } from '../backend/client';
import { errorText } from '../errors/show';
import { voicesOf } from '../inline/models';

/** Alternatives that are told of each token. */
const alternatives = 5;

/** What is heard while an answer comes. */
export interface Hearing {
  readonly signal: AbortSignal;
  /** Something else of it than its tokens is new. */
  readonly changed: () => void;
  /** It has more tokens. */
  readonly grew: () => void;
}

/** Answers that have nothing yet, of those who are asked; `models`: all that the backend knows. */
export function emptyAnswers(question: Question, models: readonly AnsweringModel[]): Answer[] {
  return question.models.map((id) => {
    const name = models.find((model) => model.id === id)?.name ?? id;
    return { name, voices: [], state: 'waiting', read: [], tokens: [] };
  });
}

/** One after the other, for side by side they would take each other's time; what fails is told in its answer. */
export async function answerAll(
  client: BackendClient,
  question: Question,
  { answers, models }: { readonly answers: readonly Answer[]; readonly models: readonly AnsweringModel[] },
  hearing: Hearing,
): Promise<void> {
  for (const [i, answer] of answers.entries()) {
    const id = question.models[i];
    try {
      hearing.signal.throwIfAborted();
      answer.state = 'streaming';
      const model = models.find((one) => one.id === id);
      if (model !== undefined) answer.voices.push(...(await voicesOf(client, model)));
      hearing.changed();
      await answerOne(client, question, { answer, id }, hearing);
      answer.state = 'done';
    } catch (error) {
      const { aborted } = hearing.signal;
      Object.assign(answer, aborted ? { state: 'stopped' } : { state: 'failed', trouble: errorText(error) });
    }
    hearing.changed();
  }
}

async function answerOne(
  client: BackendClient,
  { prompt, maxTokens, temperature, seed }: Question,
  { answer, id: model }: { readonly answer: Answer; readonly id: string },
  { signal, changed, grew }: Hearing,
): Promise<void> {
  const asked = { model, prompt, temperature, seed, alternatives };
  // The members of a council differ on a prompt: only where nothing else is wanted does it say so.
  if (maxTokens === 0 || !model.startsWith('council:')) {
    const { prompt: read = [] } = await client.call('ask', { ...asked, maxTokens: 0, echo: true }, { signal });
    answer.read.push(...read);
    changed();
  }
  if (maxTokens === 0) return;
  const onToken = (token: Token): void => {
    answer.tokens.push(token);
    grew();
  };
  await client.call('ask', { ...asked, maxTokens }, { signal, onToken });
}
