import { printable } from '../../base/printable';

/** Markup that may stand in the page as it is; only `html` makes it, so whatever is not markup is escaped. */
export class Html {
  constructor(readonly source: string) {}
}

/** `undefined` and `false` write nothing, so that a part can hang on a condition. */
export type HtmlContent = Html | string | number | readonly HtmlContent[] | undefined | false;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function write(content: HtmlContent): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Html) return content.source;
  if (typeof content === 'number') return String(content);
  if (typeof content === 'string') return printable(content).replace(/[&<>"']/g, (mark) => entities[mark]);
  return content.map(write).join('');
}

/** Markup from a template; strings put into it are escaped, and safe between tags and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlContent[]): Html {
  return new Html(strings.reduce((page, part, index) => page + write(values[index - 1]) + part));
}
