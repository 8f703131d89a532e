/** What every part of Home works with. */
import { html } from 'lit';
import type { Offer } from './protocol';

export interface Tools {
  /** Carries out what is offered. */
  take(offer: Offer): void;
  /** Shows another dataset, or another split of it. */
  look(dataset: string, split?: string): void;
}

export const offerButton = (offer: Offer, tools: Tools, isSecond = false): unknown => html`
  <vscode-button ?secondary=${isSecond} @click=${() => tools.take(offer)}>${offer.title}</vscode-button>
`;

/** Words that lead somewhere; where to, their title says. */
export const link = (text: unknown, offer: Offer, tools: Tools): unknown => html`
  <button class="link" title=${offer.title} @click=${() => tools.take(offer)}>${text}</button>
`;
