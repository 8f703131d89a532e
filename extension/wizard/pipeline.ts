/** The one review before a pipeline: what is read, what is learned, what it takes; every line can be changed where it stands. */
import { formatBytes } from '../../backend/base/bytes';
import { modelSetting, wordsOf } from '../../backend/base/settings';
import { pipelineKind } from '../../backend/kinds/pipeline/spec';
import { plannedFor, remarkOnModel, requireUsable } from '../../backend/kinds/pipeline/plan';
import { importKind } from '../../backend/kinds/import/spec';
import { offeredModel, offeredModels } from '../../backend/kinds/pull/spec';
import type { ListedModel } from '../../backend/protocol/catalog';
import type { RunCost, RunSpec } from '../../backend/protocol/run';
import { splitMethods } from '../../backend/split/methods/settings';
import type { MethodTable } from '../../backend/split/methods/method';
import { formatCount, formatDuration } from '../format';
import type { Polymath } from '../polymath';
import { askModel } from './base-model';
import { columnRows } from './column-rows';
import { costText, type RowGroup } from './review';
import type { OwnRow } from './rows';
import type { RunQuestion } from './run-wizard';
import { documentsText, leftOut, SourceLook } from './source';

/** What is known of a source and of what its pipeline takes, as far as it was asked. */
export class PipelinePlan {
  private readonly look: SourceLook;
  private cost: RunCost | undefined;
  private here: readonly ListedModel[] = [];

  constructor(
    private readonly polymath: Polymath,
    source: string,
  ) {
    this.look = new SourceLook(polymath.client, source);
  }

  /** What the review asks beside the kind and its subject. */
  get question(): Omit<RunQuestion, 'kind' | 'subjects' | 'start'> {
    return {
      // By the corpus, unless somebody says something else.
      begin: { k: undefined, tokens: undefined },
      without: ['pull'],
      groups: this.groups,
      own: this.rows,
      outlook: (spec, signal, tell) => this.outlook(spec, signal, tell),
    };
  }

  /** What the run is told: what was said, and what fits the corpus. */
  specOf(told: RunSpec): RunSpec {
    const said = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
    const pull = this.isToBePulled(told.model);
    return { ...(this.look.facts === undefined ? {} : plannedFor(this.look.facts)), ...said, kind: told.kind, pull };
  }

  private async outlook(told: RunSpec, signal: AbortSignal, tell: (known: string) => void): Promise<string> {
    const { client } = this.polymath;
    this.cost = undefined;
    const importing = Object.entries(told).filter(([key]) => Object.hasOwn(importKind.settings, key));
    const facts = await this.look.inspect(Object.fromEntries(importing), signal);
    requireUsable(facts, told);
    // What is on this machine stays there while somebody reads.
    if (this.here.length === 0) this.here = await client.call('catalog/list', {});
    tell('estimating…');
    const spec = this.specOf(told);
    if (pipelineKind.long?.(spec) === false) return 'how long it takes is known once the model is here';
    this.cost = await client.call('runs/estimate', { spec }, { signal });
    return `${costText(this.cost)}\n${stagesText(this.cost)}; then the first answer opens`;
  }

  private get groups(): readonly RowGroup[] {
    return [
      {
        heading: () => this.documentsHeading(),
        rows: ['textColumn'],
        seen: () => [
          ...(this.look.facts?.preview ?? []).map(({ text, domain }) => ({
            label: `$(quote) ${text.slice(0, 90)}${text.length > 90 ? '…' : ''}`,
            ...(domain === undefined ? {} : { description: domain }),
          })),
          ...(this.look.facts === undefined ? [] : leftOut(this.look.facts)).map((text) => ({
            label: `$(warning) ${text}`,
          })),
        ],
      },
      { heading: () => 'What is learned', rows: ['k', 'method', 'tokens', 'model', 'device'] },
    ];
  }

  private documentsHeading(): string {
    const { facts } = this.look;
    if (facts === undefined) return 'Documents';
    const { train, validation, test } = facts.documents;
    const sides = `train ${formatCount(train)}, validation ${formatCount(validation)}, test ${formatCount(test)}`;
    return `${documentsText(facts)}: ${sides}`;
  }

  private get rows(): Readonly<Record<string, OwnRow>> {
    const planned = (key: 'k' | 'tokens'): OwnRow => {
      const usual = (): number => plannedFor(this.look.facts ?? unseen)[key];
      return {
        show: (value) =>
          value === undefined ? `${formatCount(usual())} (as fits the corpus)` : formatCount(Number(value)),
        ask: (ask, value) =>
          ask.number({ prompt: pipelineKind.settings[key].label, value: Number(value ?? usual()), least: 1 }),
      };
    };
    return {
      ...columnRows(this.look),
      header: { applies: () => ['csv', 'tsv', undefined].includes(this.look.facts?.format) },
      separator: { applies: () => this.look.facts?.format === 'text' },
      k: planned('k'),
      tokens: planned('tokens'),
      method: this.methodRow,
      device: { show: (value) => wordsOf(value) ?? 'the best one that a trial finds here' },
      model: this.modelRow,
    };
  }

  private get methodRow(): OwnRow {
    return {
      show: (value) => {
        const name = wordsOf(value) ?? '';
        const seconds = this.cost?.stages?.find(({ kind }) => kind === 'split')?.seconds;
        return [methods[name]?.label ?? name, seconds === undefined ? '' : `about ${formatDuration(seconds)} here`]
          .filter((part) => part !== '')
          .join(' · ');
      },
      ask: (ask) => {
        const domains = this.look.facts?.columns.domain !== undefined;
        const offered = Object.entries(methods).filter(([, { byDomains }]) => byDomains !== true || domains);
        const lines = offered.map(([value, { label, pace, detail }]) => ({ label, description: pace, detail, value }));
        return ask.pick({ placeholder: 'How are the documents told apart?', lines });
      },
    };
  }

  private get modelRow(): OwnRow {
    return {
      show: (value) => {
        const remark = remarkOnModel(value);
        if (remark !== undefined) return remark;
        const size = offeredModel(value)?.bytes;
        const first = size === undefined ? 'downloaded first' : `downloaded first, ${formatBytes(size)}`;
        return this.isToBePulled(value) ? `${String(value)} (${first})` : String(value);
      },
      detail: (value) => {
        if (value !== modelSetting.default) return undefined;
        const names = offeredModels.map(
          ({ name, label, bytes }) => `${label} (${this.isHere(name) ? 'on this machine' : formatBytes(bytes)})`,
        );
        return `Enter offers ones that write: ${names.join(', ')}`;
      },
      ask: (ask, value, told) =>
        askModel(ask, this.polymath, wordsOf(value), async ({ name }, signal) => {
          const spec = {
            ...this.specOf({ ...told, kind: pipelineKind.kind, source: this.look.source }),
            model: name,
            pull: true,
          };
          return costText(await this.polymath.client.call('runs/estimate', { spec }, { signal }));
        }),
    };
  }

  private isHere(name: string): boolean {
    return this.here.some((one) => one.name === name && one.problem === undefined);
  }

  /** Whether a model is named that is not on this machine, and is no path. */
  private isToBePulled(model: unknown): boolean {
    const name = wordsOf(model) ?? modelSetting.default;
    return (
      name !== modelSetting.default &&
      !this.isHere(name) &&
      (offeredModel(name) !== undefined || /^[\w.-]+\/[\w.@:-]+$/.test(name))
    );
  }
}

const methods: MethodTable = splitMethods;
const unseen = { documents: { total: 0, train: Infinity, validation: 0, test: 0, all: false }, textBytes: Infinity };

/** "import 4 s, split 9 s, train 1 min 10 s". */
function stagesText({ stages = [] }: RunCost): string {
  return stages.map(({ kind, seconds }) => `${kind} ${formatDuration(seconds)}`).join(', ');
}
