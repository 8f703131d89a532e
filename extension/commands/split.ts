import { wordsOf } from '../../backend/base/settings';
import { settingsFor } from '../../backend/kinds/kind';
import { splitKind } from '../../backend/kinds/split/spec';
import type { RunSpec } from '../../backend/protocol/run';
import { guidedSettings } from '../../backend/split/methods/guided/settings';
import type { MethodTable } from '../../backend/split/methods/method';
import { splitMethods, usualMethod } from '../../backend/split/methods/settings';
import { chord, inTitle, onRow } from '../contributions/contribution';
import { formatCount, formatNumber } from '../format';
import { askGuide, guideText } from '../guide/choose';
import { prepareGuide } from '../guide/prepare';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import type { ListChoice } from '../wizard/boxes';
import { pickDataset } from '../wizard/pick';
import { costOf } from '../wizard/review';
import { askRun } from '../wizard/run-wizard';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const splitCommands: CommandTable = {
  'polymath.datasets.split': {
    title: 'Split into Piles…',
    icon: 'split-horizontal',
    needs: 'backend',
    menus: [inTitle('piles', 'navigation@1'), onRow('datasets', 'dataset', 'inline@1', '2_work@1')],
    keys: [chord('s')],
    run: split,
  },
};

const likelihood = guidedSettings.guide.default;
const methods: MethodTable = splitMethods;

async function split(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Split into Piles', 4, (ask) => askSplit(ask, polymath, given));
  await prepareGuide(polymath, spec.guide);
  await begin(polymath, spec);
}

async function askSplit(ask: Ask, polymath: Polymath, given: readonly unknown[]): Promise<RunSpec> {
  const { id: dataset, domains, documents, textBytes } = await pickDataset(ask, polymath, given);
  const offered = Object.entries(methods).filter(([, { byDomains }]) => byDomains !== true || domains.length > 0);
  const usual = usualMethod({ documents: documents.train, textBytes });
  const lines = offered.map(([value, { label, pace, detail }]): ListChoice<string> => ({
    label,
    description: value === usual.method ? `${pace}, recommended: ${usual.why}` : pace,
    detail,
    value,
  }));
  const method = await ask.pick({ placeholder: 'How are the documents told apart?', lines });
  const prompt = `Number of piles for ${formatNumber(documents.train, 'training document')}`;
  const { k: piles } = splitKind.settings;
  const k =
    methods[method].byDomains === true
      ? await ask.only(domains.length)
      : await ask.number({ prompt, value: Number(piles.default), least: 1, most: Math.min(1000, documents.train) });
  return askRun(ask, polymath, {
    kind: splitKind,
    subjects: { dataset, method, k },
    facts: { documents: documents.train },
    own: {
      guide: {
        show: (guide) => guideText(wordsOf(guide) ?? likelihood),
        ask: (below, guide) => askGuide(below, wordsOf(guide) ?? likelihood),
      },
      model: { applies: (told) => methods[method].computes?.(told) === true },
    },
    start: 'Start Splitting',
    outlook: (spec, signal) => outlookOf(polymath, spec, documents.train, signal),
  });
}

/** How long somebody else takes to answer is not known. */
async function outlookOf(polymath: Polymath, spec: RunSpec, documents: number, signal: AbortSignal): Promise<string> {
  const { queries } = settingsFor(splitKind, spec);
  if (queries === undefined) return costOf(polymath, spec, signal);
  const most = `at most ${formatCount(Number(spec.queries ?? queries.usual?.({ ...spec, documents })))} questions`;
  return methods[String(spec.method)].computes?.(spec) === true
    ? `${await costOf(polymath, spec, signal)} · ${most}`
    : most;
}
