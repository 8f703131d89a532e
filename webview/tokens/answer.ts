/** One answer: who gave it, its tokens as they are coloured, the weights of the experts, and what is told of the token that is chosen. */
import { html, nothing } from 'lit';
import { details } from './details';
import { experts } from './experts';
import type { Answer, Token, Voice } from './protocol';
import type { Shade } from './shades';
import { leaderOf, percent } from './weights';

/** How an answer is looked at, and who hears what is done to it. */
export interface AnswerView {
  readonly prompt: string;
  readonly shade: Shade;
  /** Among the tokens of prompt and answer. */
  readonly chosen: number | undefined;
  readonly choose: (token: number | undefined) => void;
  /** Asks from a token on that another stands in the place of. */
  readonly goOn: ((beginning: string) => void) | undefined;
  /** Buttons beside the name. */
  readonly actions: unknown;
}

export function answerOf(answer: Answer, view: AnswerView): unknown {
  const { voices, trouble, read, state } = answer;
  const tokens = [...read, ...answer.tokens];
  const { chosen, choose } = view;
  return html`
    <section class="answer" aria-label=${answer.name}>
      <div class="bar">
        <h2>${answer.name}</h2>
        <span class="grow"></span>
        ${view.actions}
      </div>
      <p class="faint" role="status">${wordsOf(answer)}</p>
      ${trouble === undefined ? nothing : html`<p class="error">${trouble}</p>`}
      <div
        class="text"
        aria-busy=${state === 'streaming'}
        @keydown=${(event: KeyboardEvent) => step(event, tokens.length, view)}
      >
        ${read.length > 0 ? nothing : html`<span class="prompt">${view.prompt}</span>`}${tokens.map((_, i) =>
          tokenOf({ tokens, voices, i, isPrompt: i < read.length }, view),
        )}
      </div>
      ${experts(voices, tokens, { chosen, choose })}
      ${chosen === undefined || tokens[chosen] === undefined ? nothing : told(answer, tokens, chosen, view)}
    </section>
  `;
}

function told(
  { voices, read }: Answer,
  tokens: readonly Token[],
  chosen: number,
  { prompt, goOn }: AnswerView,
): unknown {
  const before = tokens.slice(0, chosen);
  const beginning = (read.length > 0 ? '' : prompt) + before.map(({ text }) => text).join('');
  return details(tokens[chosen], voices, goOn && ((text) => goOn(beginning + text)));
}

/** Arrows lead from token to token. */
function step(event: KeyboardEvent, count: number, { chosen, choose }: AnswerView): void {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by === undefined || chosen === undefined) return;
  event.preventDefault();
  choose(Math.min(count - 1, Math.max(0, chosen + by)));
}

interface Place {
  readonly tokens: readonly Token[];
  readonly voices: readonly Voice[];
  readonly i: number;
  readonly isPrompt: boolean;
}

function tokenOf({ tokens, voices, i, isPrompt }: Place, { shade, chosen, choose }: AnswerView): unknown {
  const token = tokens[i];
  const leader = leaderOf(token.weights);
  const begins = i === 0 || leaderOf(tokens[i - 1].weights) !== leader;
  const voice = leader === undefined ? undefined : voices.at(leader);
  const isChosen = chosen === i;
  const pick = (): void => choose(isChosen ? undefined : i);
  const leads =
    voice === undefined || leader === undefined ? '' : `, ${voice.letter} ${percent(token.weights[leader])}`;
  const classes = ['token', ...(begins ? ['begins'] : []), ...(isPrompt ? ['prompt'] : [])].join(' ');
  return html`<span
    class=${classes}
    role="button"
    tabindex=${isChosen || (i === 0 && chosen === undefined) ? 0 : -1}
    aria-label="${token.text}${leads}"
    aria-pressed=${isChosen}
    data-letter=${voice?.letter ?? nothing}
    .style=${shade.lookOf(token, voices)}
    @click=${pick}
    @keydown=${({ key }: KeyboardEvent) => key === 'Enter' && pick()}
    >${token.text}</span
  >`;
}

function wordsOf({ state, read, tokens }: Answer): string {
  const count = `${tokens.length} token${tokens.length === 1 ? '' : 's'}`;
  const wrote = tokens.length > 0;
  const said = {
    waiting: 'waits its turn',
    streaming: wrote ? `${count} so far` : 'thinks…',
    done: wrote ? `${count}, ${nats(tokens)}` : '',
    stopped: `stopped after ${count}`,
    failed: 'failed',
  }[state];
  return [said, read.length > 1 ? `prompt ${nats(read)}` : ''].filter((part) => part !== '').join(' · ');
}

/** Mean of the tokens that have a probability. */
function nats(tokens: readonly Token[]): string {
  const known = tokens.flatMap(({ logProbability }) => (logProbability === null ? [] : [-logProbability]));
  const mean = known.reduce((sum, each) => sum + each, 0) / Math.max(1, known.length);
  return `${mean.toFixed(2)} nats per token`;
}
