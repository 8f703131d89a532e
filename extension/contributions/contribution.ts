/** What package.json says of a command: beside its function in the tables, from which `npm run contributions` writes it there. */
import type { ViewName } from './views';

export interface Contribution {
  /** In title case; ends in … where a question follows. */
  readonly title: string;
  /** By its name among the editor's. */
  readonly icon?: string;
  /** When the palette lists it: always by default, or never. What needs something that a project may not have says so by `having`. */
  readonly palette?: string | false;
  readonly menus?: readonly MenuPlace[];
  readonly keys?: readonly Key[];
}

/** A menu of the editor, and the groups of it that have the command. */
export interface MenuPlace {
  readonly menu: string;
  readonly when: string;
  /** `navigation` and `inline` are icons; all others are parts of the menu, in this order: `2_label@1`. */
  readonly groups: readonly string[];
}

export interface Key {
  readonly key: string;
  readonly mac?: string;
  readonly when?: string;
  /** What the command gets. */
  readonly args?: unknown;
}

const viewIs = (views: readonly ViewName[]): string =>
  views.length === 1 ? `view == polymath.${views[0]}` : String.raw`view =~ /^polymath\.(${views.join('|')})$/`;

/** In the head of a view. */
export function inTitle(view: ViewName, ...groups: readonly string[]): MenuPlace {
  return { menu: 'view/title', when: viewIs([view]), groups };
}

/** The views whose rows are documents. */
export const documentViews: readonly ViewName[] = ['datasets', 'piles', 'found'];

/** On the rows of a view whose context value is this, or fits it. */
export function onRow(
  views: ViewName | readonly ViewName[],
  row: string | RegExp,
  ...groups: readonly string[]
): MenuPlace {
  const isMeant = typeof row === 'string' ? `viewItem == ${row}` : `viewItem =~ ${String(row)}`;
  return { menu: 'view/item/context', when: `${viewIs([views].flat())} && ${isMeant}`, groups };
}

const onDocument = 'resourceScheme == polymath-document';

/** In the editor of a dataset's document: at the right of its tab, or in the menu of its text. */
export function inDocument(menu: 'editor/title' | 'editor/context', ...groups: readonly string[]): MenuPlace {
  return { menu, when: onDocument, groups };
}

/** Where a file or folder of the workspace lies: on this machine, or on the one that a remote window works on. */
const onDisk = String.raw`resourceScheme =~ /^(file|vscode-remote)$/`;

/** On what may be a corpus: in the explorer a folder too. */
export function onCorpus(menu: 'explorer/context' | 'editor/title', ...groups: readonly string[]): MenuPlace {
  const endings =
    menu === 'editor/title' ? 'jsonl|ndjson|parquet|arrow' : 'jsonl|ndjson|json|csv|tsv|parquet|arrow|txt|gz|zst';
  const isFile = String.raw`resourceExtname =~ /^\.(${endings})$/`;
  return {
    menu,
    when: `${onDisk} && ${menu === 'editor/title' ? isFile : `(explorerResourceIsFolder || ${isFile})`}`,
    groups,
  };
}

/** The same under a further condition. */
export const onlyWhen = <T extends MenuPlace | Key>(place: T, condition: string): T => ({
  ...place,
  when: place.when === undefined ? condition : `${place.when} && ${condition}`,
});

/** What a project may have of: `extension/context-keys.ts` counts it. */
export type Kept = 'datasets' | 'questions' | 'splits' | 'experts' | 'mixers' | 'councils' | 'evaluations' | 'runs';

/** Where the project has some. As long as no backend has counted, a project may have anything. */
export const having = (what: Kept): string => `polymath.project && (polymath.has.${what} || polymath.state != ready)`;

/** A shortcut that holds everywhere: all of Polymath's begin alike. */
export const chord = (letter: string): Key => ({ key: `shift+alt+p ${letter}`, mac: `shift+alt+cmd+p ${letter}` });

/** In a view that has the focus. */
export function inView(view: ViewName, key: string, mac?: string): Key {
  return { key, ...(mac === undefined ? {} : { mac }), when: `focusedView == polymath.${view} && !inputFocus` };
}

/** A single key, while documents are labelled. */
export function whileLabelling(key: string): Key {
  return { key, when: `polymath.labelling && editorTextFocus && ${onDocument} && !isInDiffEditor` };
}
