/** What every page does: it hears the extension, is drawn anew with the theme, and asks for everything when it is there. */
import { LitElement } from 'lit';
import { onThemeChange } from './theme';

/** The line to the extension, as far as every page has it. */
interface Line<ToPage> {
  listen(hear: (message: ToPage) => void): void;
  post(message: { readonly type: 'ready' }): void;
}

export abstract class PageElement<ToPage> extends LitElement {
  private stop = (): void => undefined;

  constructor(private readonly line: Line<ToPage>) {
    super();
    line.listen((message) => this.hear(message));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stop = onThemeChange(() => this.requestUpdate());
    this.line.post({ type: 'ready' });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
  }

  protected abstract hear(message: ToPage): void;
}

/** The whole of a page is one element. */
export function showPage(name: string, page: CustomElementConstructor): void {
  customElements.define(name, page);
  document.body.append(document.createElement(name));
}
