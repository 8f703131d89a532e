import { UserError } from '../base/errors';
import type { AnswerToken } from '../protocol/answers';
import { type FromInference, type GivenRequest, type GivenTexts, toInference } from '../protocol/inference';
import { endWithParent } from '../engine/child';
import type { AnswererKind } from '../answer/answerer';
import { Answerers } from '../answer/answerers';
import { Embedder } from '../answer/embed';

/** Questions that are answered at the same time, a token each in turn; the others wait. Each has its cache of keys and values. */
const atOnce = 8;

const asked = new Map<number, AbortController>();
const waiting: (() => void)[] = [];
let active = 0;

/** Does what is asked when its turn has come, and says what came of it. */
async function serve(id: number, work: (signal: AbortSignal) => Promise<FromInference>): Promise<void> {
  const controller = new AbortController();
  asked.set(id, controller);
  await turn();
  try {
    const { signal } = controller;
    signal.throwIfAborted();
    say(await work(signal));
  } catch (error) {
    say({ type: 'failed', id, ...failure(error, controller.signal) });
  } finally {
    asked.delete(id);
    passOn();
  }
}

function answer(answerers: Answerers, id: number, request: GivenRequest): Promise<void> {
  return serve(id, async (signal) => {
    const onToken = (token: AnswerToken): void => say({ type: 'token', id, token });
    const { tokens: _, ...rest } = await answerers.use(request, (answerer) => {
      signal.throwIfAborted();
      return answerer.answer(request.prompt, request, { signal, onToken });
    });
    return { type: 'answer', id, answer: rest };
  });
}

function embed(embedder: Embedder, id: number, request: GivenTexts): Promise<void> {
  return serve(id, async (signal) => ({ type: 'vectors', id, embeddings: await embedder.embed(request, signal) }));
}

function failure(error: unknown, signal: AbortSignal): { message: string; next?: string } {
  if (error instanceof UserError) return { message: error.message, next: error.next };
  if (signal.aborted) return { message: 'cancelled' };
  console.error(error);
  return { message: error instanceof Error ? error.message : String(error) };
}

/** Resolves when a place is free, in the order of asking. */
async function turn(): Promise<void> {
  if (active === atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else active++;
}

/** Gives the place to the first who waits. */
function passOn(): void {
  const next = waiting.shift();
  if (next === undefined) active--;
  else next();
}

function say(message: FromInference): void {
  // A channel that closed meanwhile is no error: 'disconnect' ends this process.
  process.send?.(message, undefined, undefined, () => undefined);
}

/**
 * Becomes the process that answers prompts: started by `InferenceHost`, it hears and says what `protocol/inference` tells. It has no
 * state that is worth keeping, and ends as soon as whoever started it is gone.
 */
export function answerPrompts(kinds: readonly AnswererKind[]): void {
  const answerers = new Answerers(kinds);
  const embedder = new Embedder(answerers);
  endWithParent(0);
  process.on('disconnect', () => process.exit());
  process.on('message', (raw) => {
    const message = toInference.parse(raw);
    if (message.type === 'ask') void answer(answerers, message.id, message.request);
    else if (message.type === 'embed') void embed(embedder, message.id, message.request);
    else asked.get(message.id)?.abort();
  });
}
