/** The box in which documents are looked for: results come while somebody types. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { expertLetter } from '../../backend/base/letter';
import type { FoundPage } from '../../backend/protocol/find';
import { toggled } from '../../backend/search/query';
import { documentName } from '../documents/title';
import { formatCount } from '../format';
import type { Polymath } from '../polymath';
import { notesOf } from '../views/documents';
import { foundNode, type FoundNode, type Search } from '../views/found';
import { letterIcon } from '../views/pile-items';
import { heading } from '../wizard/boxes';
import { indexWords } from './indexing';
import { filterSuggestions, type Suggestion, valueSuggestions } from './suggestions';

/** Milliseconds between the last key and the search, and between the last arrow and a look into the document. */
const patience = { key: 120, arrow: 150 };
/** Results that the box shows; the view Found has all of them. */
const most = 30;

const title = 'Find Documents';
const placeholder = 'Words, "words in this order", beginning*, -without, or filters such as pile:B confidence:<0.6';

/** Filters that are a click away: a second one takes them out again. */
const chips = [
  { icon: 'account', filter: 'is:moved', tooltip: 'Moved by a person' },
  { icon: 'circle-large-outline', filter: 'is:outlier', tooltip: 'Outliers' },
  { icon: 'circle-slash', filter: 'is:excluded', tooltip: 'Excluded from runs' },
  { icon: 'link', filter: 'is:linked', tooltip: 'Linked' },
  { icon: 'question', filter: 'confidence:<0.6', tooltip: 'Unsure of the pile' },
].map(({ icon, filter, tooltip }) => ({
  iconPath: new vscode.ThemeIcon(icon),
  tooltip: `${tooltip} (${filter})`,
  filter,
}));
const showAll = { iconPath: new vscode.ThemeIcon('list-flat'), tooltip: 'Show All in the View Found' };

interface Result extends vscode.QuickPickItem {
  readonly node: FoundNode;
}
type Line = vscode.QuickPickItem | Suggestion | Result;

export class FindBox {
  private readonly box = vscode.window.createQuickPick<Line>();
  private timer: NodeJS.Timeout | undefined;
  /** Ends the search whose answer is waited for: a newer one takes its place. */
  private current = new AbortController();
  private page: FoundPage | undefined;
  /** The query whose lines are shown. */
  private answered: string | undefined;
  private readonly ended: Promise<void>;

  constructor(
    private readonly polymath: Polymath,
    /** What it begins with, and where it looks. */
    private readonly beginning: Search,
  ) {
    const { box } = this;
    box.title = title;
    box.placeholder = placeholder;
    box.buttons = [...chips, showAll];
    box.value = beginning.query;
    box.onDidChangeValue(() => this.after(patience.key, () => this.search()));
    box.onDidChangeActive(([line]) => this.look(line));
    box.onDidTriggerButton((button) => {
      const chip = chips.find((one) => one === button);
      if (chip === undefined) void this.accept(undefined);
      else this.write(toggled(box.value, chip.filter));
    });
    box.onDidAccept(() => void this.enter());
    this.ended = new Promise((resolve) => box.onDidHide(() => resolve()));
  }

  /** Resolves when it is closed. */
  async show(): Promise<void> {
    this.box.show();
    await this.search();
    await this.ended;
    clearTimeout(this.timer);
    this.current.abort();
    this.box.dispose();
  }

  private get asked(): Search {
    return { ...this.beginning, query: this.box.value, typing: true };
  }

  private write(query: string): void {
    this.box.value = query;
    void this.search();
  }

  private after(milliseconds: number, act: () => unknown): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, milliseconds);
  }

  private async search(): Promise<void> {
    this.current.abort();
    const { signal } = (this.current = new AbortController());
    const { box, polymath } = this;
    box.busy = true;
    try {
      const page = await polymath.client.call('documents/find', { ...this.asked, limit: most }, { signal });
      const suggestions = await valueSuggestions(polymath.client, box.value, page);
      if (signal.aborted) return;
      this.page = page;
      this.tell(page);
      this.fill(page.unindexed === undefined ? this.lines(page, suggestions) : [indexing(page)]);
      if (page.unindexed !== undefined) {
        await indexWords(polymath, page);
        if (!signal.aborted) await this.search();
      }
    } catch (error) {
      if (!signal.aborted) this.fill([trouble(error)]);
    } finally {
      if (!signal.aborted) box.busy = false;
    }
  }

  private fill(lines: readonly Line[]): void {
    this.box.items = lines;
    this.answered = this.box.value;
  }

  private tell({ total, dataset, split }: FoundPage): void {
    const where = [dataset?.name, split?.name].filter(Boolean).join(', ');
    this.box.title = where === '' ? title : `${title}: ${formatCount(total)} in ${where}`;
  }

  private lines(page: FoundPage, suggestions: readonly Suggestion[]): Line[] {
    if (this.box.value.trim() === '') return [heading('filters'), ...filterSuggestions()];
    const results = page.items.map((item): Result => resultLine(foundNode(item, page)));
    const how = page.order === 'fit' ? 'the best fit first' : 'in the order of the dataset';
    const shown = results.length < page.total ? `the first ${results.length}, ${how}` : how;
    const nothing: Line = {
      label: 'No document is like that',
      iconPath: new vscode.ThemeIcon('info'),
      alwaysShow: true,
    };
    return [
      ...(suggestions.length > 0 ? [heading('filters'), ...suggestions] : []),
      heading(shown),
      ...(results.length > 0 ? results : [nothing]),
    ];
  }

  /** A look into the document that an arrow came to. */
  private look(line: Line | undefined): void {
    // The first is there without an arrow.
    if (line === undefined || !('node' in line) || line === this.box.items.find((one) => 'node' in one)) return;
    this.after(patience.arrow, () => this.polymath.found.open(line.node, this.asked).catch(() => undefined));
  }

  /** Whoever types and presses Enter at once means what will be found, not a line of before. */
  private async enter(): Promise<void> {
    const { box } = this;
    if (box.value !== this.answered) {
      clearTimeout(this.timer);
      await this.search();
      if (box.value === this.answered) {
        const first = box.items.find((line) => 'node' in line);
        if (first !== undefined) await this.accept(first);
      }
    } else await this.accept(box.activeItems.at(0));
  }

  /** Opens a result, with all of them in the view beside it, or writes what was suggested. */
  private async accept(line: Line | undefined): Promise<void> {
    if (line !== undefined && 'written' in line) {
      const { value } = this.box;
      const kept = /\s$/u.test(value) ? value : value.replace(/(?:"[^"]*"?|[^\s"])+$/u, '');
      return this.write(`${kept}${line.written}${line.written.endsWith(':') ? '' : ' '}`);
    }
    if (this.page?.dataset === undefined || (line !== undefined && !('node' in line))) return;
    const search = this.asked;
    this.box.hide();
    const { found } = this.polymath;
    await found.show(search);
    if (line !== undefined) await found.open(line.node);
    await found.focus(line?.node.index);
  }
}

/** The pile leads, and the name stands beside it: the editor would put first whatever has the query in what leads. */
function resultLine(node: FoundNode): Result {
  const { document, found } = node;
  const { placed, snippet } = found;
  const name = documentName(document.id, document.preview, 60);
  return {
    node,
    label: placed === undefined ? '–' : expertLetter(placed.pile),
    iconPath: placed === undefined ? new vscode.ThemeIcon('file') : letterIcon(placed.pile),
    description: [name, ...notesOf(document)].join(' · '),
    detail: snippet.text,
    alwaysShow: true,
  };
}

const indexing = ({ dataset, unindexed }: FoundPage): Line => ({
  label: `The words of ${dataset?.name} are indexed ${unindexed === 'missing' ? 'first, once' : 'again: the index is damaged'}`,
  iconPath: new vscode.ThemeIcon('loading~spin'),
  alwaysShow: true,
});

/** What is wrong with the query and what can be written, in the place of results. */
function trouble(error: unknown): Line {
  const message = error instanceof Error ? error.message : String(error);
  const isCancelled = error instanceof Error && (error.name === 'Canceled' || error.name === 'AbortError');
  return {
    label: isCancelled ? 'The words are not indexed, so they cannot be found' : message,
    detail: error instanceof UserError ? error.next : isCancelled ? 'Go on typing to begin again.' : '',
    iconPath: new vscode.ThemeIcon('warning'),
    alwaysShow: true,
  };
}
