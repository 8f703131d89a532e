/** The experts behind an answer: letter, name and mean weight, and how much each had to say at every token. */
import { html, nothing } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Token, Voice } from './protocol';
import { lookOfVoice, percent, sharesOf } from './weights';

/** `choose` hears which token was clicked. */
export function experts(
  voices: readonly Voice[],
  tokens: readonly Token[],
  { chosen, choose }: { readonly chosen: number | undefined; readonly choose: (token: number) => void },
): unknown {
  if (voices.length === 0) return nothing;
  const shares = sharesOf(tokens, voices.length);
  const several = voices.length > 1 && tokens.length > 0;
  const at = ({ offsetX, target }: MouseEvent): void =>
    choose(Math.min(tokens.length - 1, Math.floor((offsetX / (target as HTMLElement).clientWidth) * tokens.length)));
  return html`
    <ul class="experts" aria-label="Experts">
      ${voices.map(
        (voice, i) => html`
          <li>
            <span class="letter" .style=${lookOfVoice(voice)}>${voice.letter}</span>
            <span class="words">${voice.name}</span>
            <span class="number faint">${several ? percent(shares[i]) : ''}</span>
            ${
              several
                ? html`<canvas
                    role="img"
                    aria-label="What ${voice.letter} has to say at each token"
                    .style=${lookOfVoice(voice)}
                    ${ref((canvas) => void (canvas && draw(canvas as HTMLCanvasElement, { tokens, voice: i, chosen })))}
                    @click=${at}
                  ></canvas>`
                : nothing
            }
          </li>
        `,
      )}
    </ul>
  `;
}

interface Row {
  readonly tokens: readonly Token[];
  readonly voice: number;
  readonly chosen: number | undefined;
}

/** The stronger the more there is to say; tokens narrower than a pixel lie over one another. */
function draw(canvas: HTMLCanvasElement, { tokens, voice, chosen }: Row): void {
  requestAnimationFrame(() => {
    const { clientWidth, clientHeight } = canvas;
    [canvas.width, canvas.height] = [clientWidth, clientHeight].map((size) => Math.max(1, size * devicePixelRatio));
    const context = canvas.getContext('2d');
    if (context === null) return;
    const { color, outlineColor } = getComputedStyle(canvas);
    const each = canvas.width / tokens.length;
    context.fillStyle = color;
    tokens.forEach(({ weights }, i) => {
      context.globalAlpha = weights.at(voice) ?? 0;
      context.fillRect(i * each, 0, Math.max(1, each), canvas.height);
    });
    if (chosen === undefined) return;
    context.globalAlpha = 1;
    context.strokeStyle = outlineColor;
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeRect(chosen * each, 0, Math.max(2, each), canvas.height);
  });
}
