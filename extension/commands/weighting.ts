import * as vscode from 'vscode';
import { mixKind } from '../../backend/kinds/mix/spec';
import { weightingData, weightingLabel } from '../../backend/mixing/weightings/settings';
import type { MixerRecord } from '../../backend/protocol/records';
import type { RunSpec } from '../../backend/protocol/run';
import { having, onRow } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { heading, type ListChoice, type ListLine, type PickList } from '../wizard/boxes';
import { pickExperts } from '../wizard/pick';
import { costOf } from '../wizard/review';
import { askRun } from '../wizard/run-wizard';
import type { CommandTable } from './command';

export const weightingCommands: CommandTable = {
  'polymath.experts.chooseWeighting': {
    title: 'Choose Weighting…',
    icon: 'list-selection',
    palette: having('experts'),
    needs: 'backend',
    menus: [onRow('experts', /^(experts|mixer)$/, '2_work@3')],
    run: chooseWeighting,
  },
};

/** One that is fitted is asked by from now on; another is fitted first. */
async function chooseWeighting(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { mixture, dialogs } = polymath;
  const [experts, weighting, spec] = await dialogs.run('Choose Weighting', 3, async (ask) => {
    const { id, name } = await pickExperts(ask, polymath, given);
    const { weighting, fitted } = await ask.pick(() => weightings(polymath, { id, name }));
    if (fitted) return [id, weighting, undefined] as const;
    const spec = await askRun(ask, polymath, {
      kind: mixKind,
      subjects: { experts: id },
      begin: { weighting },
      start: 'Start Training',
    });
    return [id, typeof spec.weighting === 'string' ? spec.weighting : weighting, spec] as const;
  });
  if (spec !== undefined) await begin(polymath, spec);
  await mixture.choose(experts, weighting);
  if (spec === undefined) {
    const label = weightingLabel(weighting);
    void vscode.window.showInformationMessage(`Ask the Mixture weighs these experts by ${label} from now on.`);
  }
}

interface Chosen {
  readonly weighting: string;
  readonly fitted: boolean;
}

/** Those that are fitted to these experts, with what they reach and which is in use, and the others with what fitting them costs. */
async function weightings(
  polymath: Polymath,
  { id: experts, name }: { readonly id: string; readonly name: string },
): Promise<PickList<Chosen>> {
  const { items } = await polymath.client.call('mixers/list', { experts, limit: 1000 });
  const used = await polymath.mixture.weightingOf(experts);
  const newest = new Map<string, MixerRecord>(items.toReversed().map((mixer) => [mixer.weighting ?? 'probe', mixer]));
  const line = (weighting: string, description: string): ListChoice<Chosen> => {
    const detail = weightingData.find((one) => one.name === weighting)?.detail;
    const value = { weighting, fitted: newest.has(weighting) };
    return { label: weightingLabel(weighting), description, ...(detail === undefined ? {} : { detail }), value };
  };
  const fitted = [...newest].map(([weighting, { validationNll }]) => {
    const loss = `${validationNll.toFixed(3)} nats per token on validation`;
    return line(weighting, weighting === used ? `${loss} · in use` : loss);
  });
  const others = weightingData.map((one) => one.name).filter((one) => !newest.has(one));
  const costs = new Map<string, string>();
  const lines = (): ListLine<Chosen>[] => [
    ...(fitted.length > 0 ? [heading('Fitted: choose one to ask by it'), ...fitted] : []),
    ...(others.length > 0 ? [heading('Not fitted yet: choose one to fit it')] : []),
    ...others.map((one) => line(one, costs.get(one) ?? 'estimating…')),
  ];
  return {
    placeholder: `What weighs the experts ${name}?`,
    lines: lines(),
    ...(used === undefined ? {} : { active: weightingLabel(used) }),
    watch: (replace, box) => {
      const left = new AbortController();
      box.onDidHide(() => left.abort());
      void (async () => {
        for (const weighting of others) {
          const cost = await costOfFitting(polymath, { kind: 'mix', experts, weighting }, left.signal);
          if (left.signal.aborted) return;
          costs.set(weighting, cost);
          replace(lines());
        }
      })();
    },
  };
}

/** Or why it cannot be fitted to these experts. */
function costOfFitting(polymath: Polymath, spec: RunSpec, signal: AbortSignal): Promise<string> {
  return costOf(polymath, spec, signal).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
}
