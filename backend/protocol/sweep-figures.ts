/** What a sweep tells of its splits. Free of schemas, because a page shows it. */
import type { SweepLine } from './sweep';

type Split = SweepLine['splits'][number];

export interface SweepFigure {
  readonly label: string;
  readonly decimals: number;
  /** Undefined where the split has none. */
  readonly of: (split: Split) => number | undefined;
  /** Over seeds the geometric mean, and not the arithmetic one. */
  readonly geometric?: true;
}

const named =
  (name: string) =>
  ({ figures }: Split): number | undefined =>
    typeof figures[name] === 'number' ? figures[name] : undefined;

export const sweepFigures = {
  nmi: { label: 'NMI', decimals: 3, of: named('nmi') },
  ari: { label: 'ARI', decimals: 3, of: named('ari') },
  dead: { label: 'dead', decimals: 1, of: named('dead') },
  perplexity: { label: 'perplexity', decimals: 2, of: named('perplexity'), geometric: true },
  seconds: { label: 'seconds', decimals: 1, of: ({ seconds }) => seconds },
} as const satisfies Readonly<Record<string, SweepFigure>>;

export interface OverSeeds {
  readonly mean: number;
  readonly least: number;
  readonly largest: number;
}

/** A figure over the seeds of a line; undefined where no split has it. */
export function overSeeds({ splits }: SweepLine, { of, geometric }: SweepFigure): OverSeeds | undefined {
  const values = splits.flatMap((split) => of(split) ?? []);
  if (values.length === 0) return undefined;
  const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;
  return {
    mean: geometric === true ? Math.exp(mean(values.map(Math.log))) : mean(values),
    least: Math.min(...values),
    largest: Math.max(...values),
  };
}
