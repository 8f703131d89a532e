/** How the rows of the tree Experts look. */
import * as vscode from 'vscode';
import type { SettingsTable } from '../../backend/base/settings';
import { valueText } from '../../backend/base/value-text';
import { procedureLabel } from '../../backend/council/procedures/settings';
import { mixKind } from '../../backend/kinds/mix/spec';
import { trainingTable } from '../../backend/kinds/train/settings';
import { weightingLabel } from '../../backend/mixing/weightings/settings';
import type { CouncilRecord } from '../../backend/protocol/councils';
import { warningsOf } from '../../backend/protocol/expert-warnings';
import { memberLabel } from '../../backend/protocol/members';
import type {
  AdapterFigures,
  EvaluationRecord,
  ExpertSetRecord,
  MixerRecord,
  PerplexityTable,
} from '../../backend/protocol/records';
import { formatCount, formatMemory, formatNumber, formatShare, formatTime } from '../format';
import type { ExpertNode, ExpertsNode } from './experts';
import { letterIcon } from './pile-items';
import { type Figure, figuresTooltip } from './tooltip';

/** `opened`: whether a row that has others below it shows them from the beginning. */
export function expertsItem(node: ExpertsNode, opened: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  switch (node.kind) {
    case 'experts':
      return expertSet(node.record, opened);
    case 'base':
      return base(node.model, node.perplexity);
    case 'expert':
      return expert(node);
    case 'mixer':
      return mixer(node.record);
    case 'evaluation':
      return evaluation(node);
    case 'council':
      return council(node.record);
  }
}

function expertSet(record: ExpertSetRecord, opened: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const { id, name, model, experts, tokens, seed, settings, clustering, created } = record;
  const count = formatNumber(experts.length, 'expert');
  const item = new vscode.TreeItem(name, opened);
  item.description = `${count} · ${model}`;
  item.iconPath = new vscode.ThemeIcon('organization');
  item.contextValue = 'experts';
  const figures: Figure[] = [
    ['Experts', formatCount(experts.length)],
    ['Base model', model],
    ['Training tokens', tokens === undefined ? 'trained elsewhere' : formatCount(tokens)],
    ['Seed', seed === undefined ? undefined : String(seed)],
    ...figuresOf(trainingTable, settings),
    ['Created', formatTime(created)],
    ['Split', clustering],
    ['Id', id],
  ];
  item.tooltip = figuresTooltip(name, figures, warningsOf(record).join(' '));
  item.accessibilityInformation = { label: `Experts ${name}, ${count}, base model ${model}` };
  return item;
}

/** The settings under the labels that people know; whatever else a record keeps there is told in sentences. */
function figuresOf(table: SettingsTable, settings: ExpertSetRecord['settings']): Figure[] {
  return Object.entries(settings).flatMap(([key, value]): Figure[] =>
    Object.hasOwn(table, key) ? [[table[key].label, valueText(table[key].form, value)]] : [],
  );
}

function base(model: string, perplexity: number | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem('Base');
  const figure = perplexityText(perplexity);
  item.description = joined([model, figure]);
  item.iconPath = new vscode.ThemeIcon('package');
  item.contextValue = 'base';
  item.tooltip = figuresTooltip('Base model', [
    ['Model', model],
    ['Perplexity', perplexity?.toFixed(1)],
  ]);
  item.accessibilityInformation = { label: `Base model ${model}, ${figure ?? 'not evaluated'}` };
  return item;
}

function expert({ expert: record, number, before, after }: ExpertNode): vscode.TreeItem {
  const { letter, name, role, share, loss, adapter, source } = record;
  const item = new vscode.TreeItem(`${letter}  ${name}`);
  const change = before === undefined || after === undefined ? undefined : `${before.toFixed(1)} → ${after.toFixed(1)}`;
  item.description = joined([
    change,
    share === undefined ? undefined : `${wholePercent(share)} of the documents`,
    role,
  ]);
  item.iconPath = letterIcon(number);
  item.contextValue = 'expert';
  item.tooltip = figuresTooltip(`${letter}  ${name}`, [
    ['Role', role],
    ['Perplexity of the base model, of the expert', change],
    ['Share of the documents', share === undefined ? undefined : wholePercent(share)],
    ['Loss at the end of training', loss === undefined ? undefined : `${loss.toFixed(3)} nats per token`],
    ['Adapter', adapter && adapterText(adapter)],
    ['Parameters', adapter && `${formatCount(adapter.parameters)}, ${formatMemory(adapter.bytes / 2 ** 20)}`],
    ['From', source?.path],
  ]);
  const spoken = change && `perplexity ${before?.toFixed(1)} before, ${after?.toFixed(1)} after`;
  item.accessibilityInformation = { label: [`Expert ${letter}, ${name}`, spoken ?? 'not evaluated'].join(', ') };
  return item;
}

function adapterText(adapter: AdapterFigures): string {
  if (adapter.form === 'full') return 'none: all weights are its own';
  return `rank ${adapter.ranks.join(', ')} on ${adapter.targets.join(', ')}`;
}

function mixer({
  id,
  created,
  weighting = 'probe',
  settings = {},
  temperature,
  smoothing,
  validationNll,
  seed,
}: MixerRecord): vscode.TreeItem {
  const item = new vscode.TreeItem('Mixer');
  const loss = `${validationNll.toFixed(3)} nats per token`;
  item.description = joined([weightingLabel(weighting), loss]);
  item.iconPath = new vscode.ThemeIcon('settings');
  item.contextValue = 'mixer';
  item.tooltip = figuresTooltip('Mixer', [
    ['Loss of the mixture on validation', loss],
    ['Weighting', weightingLabel(weighting)],
    ...figuresOf(mixKind.settings, settings),
    ['Temperature', temperature?.toFixed(2)],
    ['Weights from', smoothing && (smoothing === 'prefix' ? 'the text so far' : 'the last token')],
    ['Seed', String(seed)],
    ['Created', formatTime(created)],
    ['Id', id],
  ]);
  item.accessibilityInformation = { label: `Mixer, ${weightingLabel(weighting)}, ${loss}` };
  return item;
}

/** What each kind of evaluation is called. */
export const evaluationTitles: Readonly<Record<EvaluationRecord['kind'], string>> = {
  perplexity: 'Perplexity',
  comparison: 'Comparison',
  sweep: 'Parts of Perplexity EM',
  exam: 'Exam',
  evolution: 'Evolution',
};

function evaluation({ record, table }: Extract<ExpertsNode, { kind: 'evaluation' }>): vscode.TreeItem {
  const title = evaluationTitles[record.kind];
  const item = new vscode.TreeItem(title);
  const summary = table === undefined ? formatTime(record.created) : headline(table);
  item.description = summary;
  item.iconPath = new vscode.ThemeIcon('graph');
  item.contextValue = 'evaluation';
  item.tooltip = figuresTooltip(record.name, [
    ['Test documents', table && formatCount(table.documents)],
    ...(table?.systems ?? []).map(({ name, macro }): Figure => [name, macro.toFixed(1)]),
    ['Created', formatTime(record.created)],
    ['Dataset', record.dataset],
    ['Questions', record.questions],
    ['Id', record.id],
  ]);
  item.accessibilityInformation = { label: `Evaluation ${record.name}, ${summary}` };
  return item;
}

/** What the base model gave and what all experts together gave: the last row is the mixture, or equal weights. */
function headline({ systems }: PerplexityTable): string {
  const [base, last] = [systems.at(0), systems.at(-1)];
  return base === undefined || last === undefined ? '' : `${base.macro.toFixed(1)} → ${last.macro.toFixed(1)}`;
}

function council({ id, name, members, instruction, procedure, version, created }: CouncilRecord): vscode.TreeItem {
  const count = formatNumber(members.length, 'member');
  const item = new vscode.TreeItem(name);
  item.description = `council of ${members.map(memberLabel).join(', ')}`;
  item.iconPath = new vscode.ThemeIcon('comment-discussion');
  item.contextValue = 'council';
  item.tooltip = figuresTooltip(`Council ${name}`, [
    ['Procedure', procedureLabel(procedure)],
    ['Version', version === undefined ? undefined : String(version)],
    ['Instruction', instruction === '' ? undefined : instruction],
    ...members.map((member): Figure => [memberLabel(member), member.role]),
    ['Created', formatTime(created)],
    ['Id', id],
  ]);
  item.accessibilityInformation = { label: `Council ${name}, ${count}` };
  return item;
}

const perplexityText = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `perplexity ${value.toFixed(1)}`;
const wholePercent = (share: number): string => formatShare(share, 1);
const joined = (parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(' · ');
