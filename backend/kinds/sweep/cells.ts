/** The lines of a sweep: every combination of the parts that are listed, and the controls. */
import { formatNumber } from '../../base/format';
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/canonical-json';
import type { Raw } from '../../base/settings';
import type { DatasetRecord } from '../../protocol/records';
import { methodData } from '../../split/methods/method';
import { methodLabel, splitMethods } from '../../split/methods/settings';
import type { SweepSpec } from './spec';

/** What is done once per seed. */
export interface SweepCell {
  readonly name: string;
  readonly method: string;
  readonly k: number;
  /** Settings of the method. */
  readonly parts: Raw;
}

const em = 'em';

export function cellsOf(spec: SweepSpec, dataset: DatasetRecord): SweepCell[] {
  return [...(spec.withoutControls ? [] : controls(spec, dataset)), ...combinations(spec)];
}

/** Methods that cost seconds, and the gold domains where there are some. */
function controls({ k }: SweepSpec, { domains }: DatasetRecord): SweepCell[] {
  return ['random', 'kmeans', 'unigram', 'gold'].flatMap((method) => {
    const byDomains = methodData(splitMethods, method)?.byDomains === true;
    if (byDomains && domains.length === 0) return [];
    return [{ name: methodLabel(splitMethods, method), method, k: byDomains ? domains.length : k, parts: {} }];
  });
}

function combinations({
  k,
  starts,
  betas,
  balances,
  prefixes,
  judges,
  rounds,
  tokensPerRound,
  adapter,
}: SweepSpec): SweepCell[] {
  const cells: SweepCell[] = [];
  for (const start of starts)
    for (const beta of betas)
      for (const balance of balances)
        for (const prefix of prefixes)
          for (const layers of judges) {
            const judge = layers === 0 ? '' : `, ${formatNumber(layers, 'layer')}`;
            const parts = { start, beta, balance, prefix, ...(layers === 0 ? {} : { proxyLayers: layers }) };
            const name = `EM: ${start}, ${beta}, ${balance}, ${prefix}${judge}`;
            const full = adapter === 'full' ? { adapter } : {};
            cells.push({ name, method: em, k, parts: { ...parts, rounds, tokensPerRound, ...full } });
          }
  return cells;
}

/** The name of one split of a sweep. It ends with a hash of all that it depends on: by that the split is found again. */
export function splitName(
  { name, ...cell }: SweepCell,
  { dataset, model, quickTokens }: SweepSpec,
  seed: number,
): string {
  const hash = createHash('sha256')
    .update(canonicalJson({ ...cell, dataset, model, quickTokens, seed }))
    .digest('hex');
  return `${name}, seed ${seed} (${hash.slice(0, 12)})`;
}
