/** How the rows of the tree Datasets look. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { DatasetRecord, QuestionRecord, QuestionSetRecord, RejectionRecord } from '../../backend/protocol/records';
import { formatCount, formatMemory, formatNumber, formatShare, formatTime } from '../format';
import type { DatasetsNode, LinkNode, PartNode } from './datasets';
import { documentItem, placeOf } from './documents';
import { figuresTooltip } from './tooltip';

/** `opened`: whether a row that has others below it shows them from the beginning. */
export function datasetItem(node: DatasetsNode, opened: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  switch (node.kind) {
    case 'dataset':
      return dataset(node.record, opened);
    case 'part':
      return part(node);
    case 'document':
      return documentItem(node);
    case 'rejection':
      return rejection(node.rejection);
    case 'link':
      return link(node);
    case 'questions':
      return questionSet(node.record);
    case 'question part':
      return questionPart(node.part, node.size);
    case 'question':
      return question(node.question);
  }
}

const { Collapsed } = vscode.TreeItemCollapsibleState;

function dataset(record: DatasetRecord, opened: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const { name, documents, domains, duplicates, rejected, source } = record;
  const count = formatNumber(documents.total, 'document');
  const item = new vscode.TreeItem(name, opened);
  item.description = count;
  item.iconPath = new vscode.ThemeIcon('database');
  item.contextValue = 'dataset';
  item.tooltip = figuresTooltip(name, [
    ['Documents', formatCount(documents.total)],
    ['Train, validation, test', [documents.train, documents.validation, documents.test].map(formatCount).join(', ')],
    ['Domains', domains.length > 0 ? domainList(domains, documents.total) : undefined],
    ['Text', formatMemory(record.textBytes / 2 ** 20)],
    ['Copies', `${formatCount(duplicates.exact)} exact, ${formatCount(duplicates.near)} near`],
    ['Read', record.notes?.join(' ')],
    ['Warning', record.warnings?.join(' ') || undefined],
    ['Rejected rows', rejected > 0 ? formatCount(rejected) : undefined],
    ['Copies on several sides', record.leaks > 0 ? formatCount(record.leaks) : undefined],
    ['Source', source.format === 'sample' ? 'sample corpus' : `${source.path} (${source.format})`],
    ['Imported', formatTime(record.created)],
    ['Id', record.id],
  ]);
  item.accessibilityInformation = { label: `Dataset ${name}, ${count}` };
  return item;
}

/** The largest ones, with the share of each. */
function domainList(domains: DatasetRecord['domains'], total: number): string {
  const most = domains.slice(0, 8).map(({ name, documents }) => `${name} ${formatShare(documents, total)}`);
  return [...most, ...(domains.length > 8 ? [`${domains.length - 8} more`] : [])].join(', ');
}

const parts: Readonly<Record<PartNode['part'], readonly [title: string, icon: string, noun: string, what: string]>> = {
  train: ['Train', 'mortar-board', 'document', 'Documents that are split into piles, and that experts learn from.'],
  validation: ['Validation', 'beaker', 'document', 'Documents that settings and the mixer are tried on.'],
  test: ['Test', 'checklist', 'document', 'Documents that only an evaluation reads.'],
  duplicates: ['Copies', 'files', 'document', 'Documents that repeat an earlier one, exactly or nearly.'],
  rejected: ['Rejected Rows', 'circle-slash', 'row', 'Rows of the source that did not become documents.'],
  links: ['Links', 'link', 'link', 'Pairs of documents that must or must not share a pile.'],
};

function part({ part: name, size }: PartNode): vscode.TreeItem {
  const [title, icon, noun, what] = parts[name];
  const item = new vscode.TreeItem(title, Collapsed);
  item.description = formatCount(size);
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = name;
  item.tooltip = figuresTooltip(title, [[`${noun[0].toUpperCase()}${noun.slice(1)}s`, formatCount(size)]], what);
  item.accessibilityInformation = { label: `${title}, ${formatNumber(size, noun)}` };
  return item;
}

function rejection({ file, line, reason }: RejectionRecord): vscode.TreeItem {
  const item = new vscode.TreeItem(reason);
  const place = placeOf({ file, line });
  item.description = place;
  item.iconPath = new vscode.ThemeIcon('circle-slash');
  item.contextValue = 'rejection';
  item.tooltip = figuresTooltip(reason, [
    ['File', file],
    ['Line', formatCount(line)],
  ]);
  item.accessibilityInformation = { label: `${reason}, ${place}` };
  return item;
}

function link({ link: { kind, created, id }, a, b }: LinkNode): vscode.TreeItem {
  const meaning = kind === 'must' ? 'must share a pile' : 'must not share a pile';
  const item = new vscode.TreeItem(`${a.id} ${kind === 'must' ? '=' : '≠'} ${b.id}`);
  item.description = meaning;
  item.iconPath = new vscode.ThemeIcon(kind === 'must' ? 'link' : 'debug-disconnect');
  item.contextValue = 'link';
  item.tooltip = figuresTooltip(`${a.id} and ${b.id} ${meaning}`, [
    [a.id, a.preview],
    [b.id, b.preview],
    ['Created', formatTime(created)],
    ['Id', id],
  ]);
  item.accessibilityInformation = { label: `Link: ${a.id} and ${b.id} ${meaning}` };
  return item;
}

function questionSet({ id, name, questions, domains, rejected, source, created }: QuestionSetRecord): vscode.TreeItem {
  const count = formatNumber(questions.total, 'question');
  const item = new vscode.TreeItem(name, Collapsed);
  item.description = count;
  item.iconPath = new vscode.ThemeIcon('question');
  item.contextValue = 'questions';
  item.tooltip = figuresTooltip(name, [
    ['Questions', formatCount(questions.total)],
    ['Held out, test', `${formatCount(questions.heldout)}, ${formatCount(questions.test)}`],
    ['Domains', domains.length > 0 ? domains.map((domain) => domain.name).join(', ') : undefined],
    ['Rejected rows', rejected > 0 ? formatCount(rejected) : undefined],
    ['Source', basename(source.path)],
    ['Imported', formatTime(created)],
    ['Id', id],
  ]);
  item.accessibilityInformation = { label: `Question set ${name}, ${count}` };
  return item;
}

function questionPart(name: QuestionRecord['part'], size: number): vscode.TreeItem {
  const title = name === 'heldout' ? 'Held Out' : 'Test';
  const item = new vscode.TreeItem(title, Collapsed);
  item.description = formatCount(size);
  item.iconPath = new vscode.ThemeIcon(name === 'heldout' ? 'beaker' : 'checklist');
  item.contextValue = 'questionPart';
  item.accessibilityInformation = { label: `${title}, ${formatNumber(size, 'question')}` };
  return item;
}

function question({
  id,
  question: text,
  choices = [],
  correct,
  answers = [],
  domain,
}: QuestionRecord): vscode.TreeItem {
  const item = new vscode.TreeItem(text);
  if (domain !== undefined) item.description = domain;
  item.iconPath = new vscode.ThemeIcon('comment');
  item.contextValue = 'question';
  item.tooltip = figuresTooltip(text, [
    ...choices.map((choice, i) => [i === correct ? 'Right' : 'Wrong', choice] as const),
    ...answers.map((answer) => ['Answer', answer] as const),
    ['Domain', domain],
    ['Id', id],
  ]);
  item.accessibilityInformation = { label: domain === undefined ? text : `${text}, ${domain}` };
  return item;
}
