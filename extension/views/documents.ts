/** Rows of documents, in whichever tree they stand. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { expertLetter } from '../../backend/base/letter';
import type { DocumentRow, PileRow } from '../../backend/protocol/records';
import { documentName } from '../documents/title';
import { formatConfidence, formatCount, formatSureness } from '../format';
import { figuresTooltip, type Figure } from './tooltip';

export interface DocumentPlace {
  readonly dataset: string;
  readonly index: number;
  /** Where it was chosen as one of a pile. */
  readonly clustering?: string;
}

export interface DocumentNode extends DocumentPlace {
  readonly kind: 'document';
  readonly document: DocumentRow;
}

export interface PiledDocumentNode extends DocumentPlace {
  readonly kind: 'document';
  readonly clustering: string;
  readonly document: PileRow;
}

export const isPiledNode = (node: DocumentNode | PiledDocumentNode): node is PiledDocumentNode =>
  node.clustering !== undefined && isPiled(node.document);

/** Characters of its name: what is to be seen at a glance has room beside it in a narrow view. */
const longestName = 32;

/** A click opens the document, see `PagedTree.opens`. */
export function documentItem({ document }: DocumentNode | PiledDocumentNode): vscode.TreeItem {
  const { id } = document;
  const text = document.preview.trim();
  const name = documentName(id, text, longestName);
  const item = new vscode.TreeItem(name);
  const notes = notesOf(document);
  const rest = name.endsWith('…') ? `…${text.slice(name.length - 1)}` : text;
  item.description = [...notes, ...(name === text ? [] : [rest])].join(' · ');
  item.iconPath = new vscode.ThemeIcon(iconOf(document));
  item.contextValue = 'document';
  item.tooltip = figuresTooltip(id, figuresOf(document), text);
  item.accessibilityInformation = { label: [id, ...notes, text].join(', ') };
  return item;
}

const isPiled = (document: DocumentRow | PileRow): document is PileRow => 'pile' in document;

export function iconOf(document: DocumentRow | PileRow): string {
  if (document.excluded === true) return 'circle-slash';
  if (isPiled(document) && document.moved) return 'account';
  if (isPiled(document) && document.pinned === true) return 'pinned';
  if (document.linked === true) return 'link';
  return document.duplicate === undefined ? 'file' : 'files';
}

/** What a person wants to know at a glance. */
export function notesOf(document: DocumentRow | PileRow): string[] {
  const excluded = document.excluded === true ? ['excluded'] : [];
  const linked = document.linked === true ? ['linked'] : [];
  const remarks = [...excluded, ...linked, ...(document.duplicate === undefined ? [] : [`${document.duplicate} copy`])];
  if (!isPiled(document)) return remarks;
  const { confidence, moved, outlier } = document;
  const certainty = confidence === undefined ? [] : [formatSureness(confidence)];
  return [...(moved ? ['moved by hand'] : certainty), ...(outlier ? ['outlier'] : []), ...remarks];
}

export function figuresOf(document: DocumentRow | PileRow): Figure[] {
  const { side, domain, length, duplicate, duplicateOf } = document;
  return [
    ...(isPiled(document) ? pileFigures(document) : []),
    ['Side', side],
    ['Domain', domain],
    ['Length', `${formatCount(length)} characters`],
    ['Runs', document.excluded === true ? 'excluded: no run reads it' : undefined],
    ['Repeats', duplicate && `document ${duplicateOf} (${duplicate} copy)`],
  ];
}

/** What the method said of a document, wherever a person has put it since; nothing where it has no degrees. */
export const confidenceFigure = ({ confidence, moved }: PileRow): Figure => [
  moved ? 'Confidence of the method in its own pile' : 'Confidence',
  confidence === undefined ? undefined : formatConfidence(confidence),
];

function pileFigures(row: PileRow): Figure[] {
  const { pile, moved, outlier } = row;
  return [
    ['Pile', `${expertLetter(pile)}${moved ? ', moved by hand' : ''}`],
    confidenceFigure(row),
    ['Outlier', outlier ? 'fits no pile well' : undefined],
  ];
}

/** "news.jsonl, line 12". */
export const placeOf = ({ file, line }: { readonly file: string; readonly line: number }): string =>
  `${basename(file)}, line ${formatCount(line)}`;
