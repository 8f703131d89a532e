/** What is asked, of whom, and how. */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { type Answerer, mostBeside, type Question } from './protocol';
import { questionSettings } from './settings';

export interface FormView {
  readonly draft: Question;
  readonly answerers: readonly Answerer[];
  readonly watching: boolean;
  /** Whether somebody answers. */
  readonly streaming: boolean;
  readonly write: (change: Partial<Question>) => void;
  readonly watch: (watching: boolean) => void;
  readonly ask: () => void;
  readonly stop: () => void;
}

export function form(view: FormView): unknown {
  const { draft, write, watching, watch, streaming, ask, stop } = view;
  return html`
    <form class="form" @submit=${(event: Event) => event.preventDefault()}>
      <vscode-textarea
        label="Prompt"
        placeholder="Begin a text, and the experts go on with it"
        rows="3"
        .value=${draft.prompt}
        @input=${({ target }: Event) => write({ prompt: valueOf(target) })}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) ask();
        }}
      ></vscode-textarea>
      <div class="bar">${whoAnswers(view)}</div>
      <div class="bar">
        ${number('Temperature', draft.temperature, { ...boundsOf('temperature'), step: 0.1 }, (temperature) =>
          write({ temperature }),
        )}
        ${number('Seed', draft.seed, { step: 1 }, (seed) => write({ seed: Math.round(seed) }))}
        ${number('Tokens at most', draft.maxTokens, { ...mostTokens, step: 1 }, (tokens) =>
          write({ maxTokens: Math.min(mostTokens.max, Math.max(mostTokens.min, Math.round(tokens))) }),
        )}
        <label title="Each says what it makes of the prompt whenever you pause">
          <input
            type="checkbox"
            .checked=${watching}
            @change=${({ target }: Event) => watch((target as HTMLInputElement).checked)}
          />
          Watch while I type
        </label>
        <span class="grow"></span>
        ${streaming ? html`<vscode-button secondary @click=${stop}>Stop</vscode-button>` : nothing}
        <vscode-button ?disabled=${draft.prompt.trim() === ''} @click=${ask}>Ask</vscode-button>
      </div>
    </form>
  `;
}

/** One after the other from left to right, as their answers will stand. */
function whoAnswers({ draft: { models }, answerers, write }: FormView): unknown {
  const free = answerers.find(({ id }) => !models.includes(id));
  const put = (at: number, ...ids: string[]): void => write({ models: models.toSpliced(at, 1, ...ids) });
  return html`
    ${models.map(
      (model, i) => html`
        <label>
          ${i === 0 ? 'Who answers' : 'beside'} ${answererBox(model, { answerers, taken: models }, (id) => put(i, id))}
          ${
            models.length === 1
              ? nothing
              : html`<button class="quiet" aria-label="Do not ask ${nameOf(answerers, model)}" @click=${() => put(i)}>
                  ✕
                </button>`
          }
        </label>
      `,
    )}
    ${
      free === undefined || models.length === mostBeside
        ? nothing
        : html`<vscode-button secondary @click=${() => write({ models: [...models, free.id] })}
            >Another Beside</vscode-button
          >`
    }
  `;
}

const nameOf = (answerers: readonly Answerer[], model: string): string =>
  answerers.find(({ id }) => id === model)?.name ?? model;

function answererBox(
  model: string,
  { answerers, taken }: { readonly answerers: readonly Answerer[]; readonly taken: readonly string[] },
  choose: (id: string) => void,
): unknown {
  const known = answerers.some(({ id }) => id === model);
  const missing = { id: model, name: model, description: 'not there yet' };
  const shown = (known ? answerers : [missing, ...answerers]).filter(({ id }) => id === model || !taken.includes(id));
  return html`
    <vscode-single-select label="Who answers" .value=${model} @change=${({ target }: Event) => choose(valueOf(target))}>
      ${repeat(
        shown,
        ({ id }) => id,
        ({ id, name, description }) => html`
          <vscode-option value=${id} description="${description} (${id})" ?selected=${id === model}
            >${name}</vscode-option
          >
        `,
      )}
    </vscode-single-select>
  `;
}

function number(
  name: string,
  value: number,
  { min, max, step }: { readonly min?: number; readonly max?: number; readonly step: number },
  write: (value: number) => void,
): unknown {
  return html`
    <label>
      ${name}
      <vscode-textfield
        class="figure"
        type="number"
        label=${name}
        .min=${min}
        .max=${max}
        .step=${step}
        .value=${String(value)}
        @change=${({ target }: Event) => {
          const written = Number(valueOf(target));
          if (valueOf(target) !== '' && Number.isFinite(written)) write(written);
        }}
      ></vscode-textfield>
    </label>
  `;
}

const boundsOf = (key: 'temperature' | 'maxTokens'): { min: number; max: number } => {
  const { least, most } = questionSettings[key].form;
  return { min: least, max: most };
};
const mostTokens = boundsOf('maxTokens');
const valueOf = (target: EventTarget | null): string => (target as HTMLInputElement).value;
