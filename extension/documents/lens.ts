import * as vscode from 'vscode';
import { expertLetter } from '../../backend/base/letter';
import { Disposables } from '../disposables';
import { formatCount, formatNumber, formatSureness } from '../format';
import { confidenceFigure } from '../views/documents';
import type { Figure } from '../views/tooltip';
import { isPiled, type Piled, type EditorPlace, type Places } from './places';
import { documentScheme } from './uri';

const selector: vscode.DocumentSelector = { scheme: documentScheme };
const top = new vscode.Range(0, 0, 0, 0);

/** The line above a document that says where it lies and what can be done with it, and the figures behind its first line. */
export function showPlaces(places: Places, isLabelling: () => boolean): Disposables {
  const parts = new Disposables();
  const lenses = async ({ uri }: vscode.TextDocument): Promise<vscode.CodeLens[]> => {
    const place = await places.of(uri);
    return place === undefined ? [] : lensesOf(place, isLabelling());
  };
  parts.add(
    vscode.languages.registerCodeLensProvider(selector, {
      onDidChangeCodeLenses: places.onDidChange,
      provideCodeLenses: lenses,
    }),
  );
  parts.add(
    vscode.languages.registerHoverProvider(selector, {
      async provideHover(document, { line }) {
        const place = line === 0 ? await places.of(document.uri) : undefined;
        return place && new vscode.Hover(figuresText(place), document.lineAt(0).range);
      },
    }),
  );
  return parts;
}

function lensesOf(place: EditorPlace, labelling: boolean): vscode.CodeLens[] {
  const lens = (title: string, command: string, tooltip: string): vscode.CodeLens =>
    new vscode.CodeLens(top, { title, tooltip, command, arguments: [place.address] });
  const links = place.links.length === 0 ? 'Links' : `Links (${place.links.length})`;
  const always = [
    lens(links, 'polymath.documents.links', 'Documents that must or must not share a pile with this one'),
    place.document.excluded === true
      ? lens('Include', 'polymath.documents.exclude', 'Let it take part in runs again')
      : lens('Exclude', 'polymath.documents.exclude', 'No run reads it from now on'),
  ];
  if (!isPiled(place))
    return [lens(whyNowhere(place), 'polymath.documents.openOriginal', 'Open Original File'), ...always];
  const { previous, next } = place.placement;
  return [
    lens(pileText(place), 'polymath.documents.why', `Its pile in the split ${place.clustering.name}`),
    lens('Move…', 'polymath.documents.move', 'Put it into another pile'),
    lens('Why here', 'polymath.documents.why', 'What speaks for this pile and for the others'),
    ...always,
    ...(previous === undefined
      ? []
      : [lens('$(arrow-up) Previous', 'polymath.documents.previous', 'A surer document of the pile')]),
    ...(next === undefined
      ? []
      : [lens('$(arrow-down) Next', 'polymath.documents.next', 'A less sure document of the pile')]),
    labelling
      ? lens('Stop Labelling', 'polymath.labelling.stop', 'Escape')
      : lens('Label', 'polymath.labelling.start', 'Go through the pile by keys'),
  ];
}

/** "Pile B · goals, league, cup · 97 %". */
export function pileText({ clustering, placement: { row }, document }: Piled): string {
  const name = clustering.piles[row.pile].name;
  const certainty = row.moved
    ? 'moved by hand'
    : row.confidence === undefined
      ? undefined
      : formatSureness(row.confidence);
  const notes = [certainty, row.outlier ? 'outlier' : undefined, document.excluded === true ? 'excluded' : undefined];
  return [`Pile ${expertLetter(row.pile)}`, name, ...notes.filter((note) => note !== undefined)].join(' · ');
}

function whyNowhere({ clustering, document: { side, excluded } }: EditorPlace): string {
  const out = excluded === true ? ' · excluded' : '';
  if (clustering === undefined) return `In no pile: its dataset is not split yet${out}`;
  return side === 'train' ? `Not among the documents that were split${out}` : `In no pile: a ${side} document${out}`;
}

/** Names and values of all that is known of a document, for people. */
export function figuresOf(place: EditorPlace): [string, string][] {
  const { document } = place;
  const figures: Figure[] = [
    ['Id', document.id],
    ['Side', document.side],
    ['Domain', document.domain],
    ['Length', `${formatCount(document.length)} characters`],
    ['Repeats', document.duplicateOf === undefined ? undefined : `document ${document.duplicateOf}`],
    ['Runs', document.excluded === true ? 'excluded: no run reads it' : undefined],
    ['Links', place.links.length === 0 ? undefined : formatNumber(place.links.length, 'link')],
    ...(isPiled(place) ? pileFigures(place) : []),
  ];
  return figures.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
}

function pileFigures({ clustering, placement }: Piled): Figure[] {
  const { row, position, of } = placement;
  return [
    ['Split', clustering.name],
    ['Pile', `${expertLetter(row.pile)}, ${clustering.piles[row.pile].name}`],
    confidenceFigure(row),
    ['Place', `${formatCount(position + 1)} of ${formatCount(of)}, the surest first`],
    ['Moved', row.moved ? 'by hand' : undefined],
    ['Outlier', row.outlier ? 'fits no pile well' : undefined],
  ];
}

function figuresText(place: EditorPlace): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  for (const [name, value] of figuresOf(place)) {
    text.appendMarkdown(`**${name}**: `).appendText(value).appendMarkdown('  \n');
  }
  return text;
}
