/** Runs as rows of a table, and what tells them apart. */
import { settingsFor } from '../../backend/kinds/kind';
import { type KindTable, runKinds } from '../../backend/kinds/specs';
import type { RunRecord } from '../../backend/protocol/run';
import type { Difference, ShownRun } from '../../webview/runs/protocol';
import { formatTime } from '../format';
import { hasCurves, opensAs } from './curves';
import { runTitle, settingLabel, settingText, stateText, tellingText } from './text';

export function shownRun(run: RunRecord, kinds: KindTable = runKinds): ShownRun {
  const { id, spec, state, created, seconds, actual } = run;
  return {
    id,
    kind: Object.hasOwn(kinds, spec.kind) ? kinds[spec.kind].label : spec.kind,
    title: runTitle(run, kinds),
    telling: tellingText(run, kinds),
    state,
    // How long it took has a column of its own.
    words: state === 'done' ? 'done' : stateText(run),
    created: Date.parse(created),
    when: formatTime(created),
    seconds,
    tokensPerSecond: actual && actual.tokens > 0 && actual.seconds > 0 ? actual.tokens / actual.seconds : undefined,
    opens: opensAs(run),
    hasCurves: hasCurves(run, kinds),
  };
}

/** The settings that are not the same in all these runs, in the order of their kinds. */
export function differencesOf(runs: readonly RunRecord[], kinds: KindTable = runKinds): Difference[] {
  const keys = new Set(
    runs.flatMap(({ spec }) =>
      Object.hasOwn(kinds, spec.kind) ? Object.keys(settingsFor(kinds[spec.kind], spec)) : Object.keys(spec),
    ),
  );
  return [...keys].flatMap((key): Difference[] => {
    const values = runs.map((run) => settingText(run, key, kinds) ?? '');
    return values.every((value) => value === values[0]) ? [] : [[settingLabel(runs, key, kinds), values]];
  });
}
