import { html, nothing } from 'lit';
import type { Token, Voice } from './protocol';
import { colorOf, percent } from './weights';

/** The weights of all experts for a token, and what could have stood in its place; `goOn` asks anew from one of these. */
export function details(token: Token, voices: readonly Voice[], goOn: ((text: string) => void) | undefined): unknown {
  const { text, logProbability, weights, alternatives } = token;
  const ranked = voices.map((voice, i) => ({ voice, weight: weights[i] ?? 0 })).sort((a, b) => b.weight - a.weight);
  return html`
    <section class="details" aria-label="Token">
      <div>
        <h2>
          <code>${visible(text)}</code>
          ${
            logProbability === null
              ? nothing
              : html`<span class="faint"
                  >${percent(Math.exp(logProbability))} · ${(-logProbability).toFixed(2)} nats</span
                >`
          }
        </h2>
        ${
          ranked.length === 0
            ? html`<p class="faint">The base model answers alone.</p>`
            : html`<table aria-label="Weights">
                ${ranked.map(({ voice, weight }) =>
                  row(
                    html`<span class="letter" .style=${`--color: ${colorOf(voice)}`}>${voice.letter}</span>
                      ${voice.name}`,
                    weight,
                    colorOf(voice),
                  ),
                )}
              </table>`
        }
      </div>
      ${
        alternatives.length === 0
          ? nothing
          : html`<div>
              <h2>Most probable here</h2>
              <table aria-label="Alternatives">
                ${alternatives.map((other) =>
                  row(
                    goOn === undefined || other.text === ''
                      ? html`<code>${visible(other.text)}</code>`
                      : html`<button
                          class="link"
                          title="Ask again, with this in its place"
                          @click=${() => goOn(other.text)}
                        >
                          <code>${visible(other.text)}</code>
                        </button>`,
                    Math.exp(other.logProbability),
                    'var(--vscode-descriptionForeground)',
                  ),
                )}
              </table>
            </div>`
      }
    </section>
  `;
}

function row(name: unknown, share: number, color: string): unknown {
  return html`
    <tr>
      <td>${name}</td>
      <td class="number">${percent(share)}</td>
      <td class="scale">
        <span class="length" .style=${`--color: ${color}; --share: ${(100 * share).toFixed(1)}%`}></span>
      </td>
    </tr>
  `;
}

/** White space as marks, so that a token is seen whole; the empty one ends a text. */
function visible(text: string): string {
  return text === '' ? '(end)' : text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '·');
}
