/** From the points of a run to the curves that are drawn. */
import type { Metric } from '../../backend/protocol/run';

export type Axis = 'steps' | 'seconds';
export type Point = readonly [x: number, y: number];

/** One figure over time: "loss A". */
export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
}

/** Points of a curve that are drawn at most; a screen is not much wider. */
export const mostPoints = 2000;

/** Figures that differ by the letter of an expert or a pile share a panel: "loss", "loss A" and "loss B". */
export const panelOf = (name: string): string => name.replace(/ [A-Z]+$/, '');

/** What tells a curve from the others of its panel: "A"; empty for the one without. */
export const partOf = (name: string): string => name.slice(panelOf(name).length + 1);

/** A stretch of a panel in which a run was at one stage. */
export interface Band {
  readonly stage: string;
  readonly from: number;
  readonly to: number;
}

/** The curves of a run, in the order in which they appear. */
export function curvesOf(points: readonly Metric[], axis: Axis): Curve[] {
  const curves = new Map<string, Point[]>();
  for (const { values, places } of placed(points, axis)) {
    for (const [name, value] of Object.entries(values)) {
      const curve = curves.get(name) ?? [];
      curves.set(name, curve);
      curve.push([places.get(panelOf(name)) ?? 0, value]);
    }
  }
  return [...curves].map(([name, curve]) => ({ name, points: curve }));
}

/** The stages of a run as a panel shows them, one after the other: each goes on to where the next one begins. */
export function bandsOf(points: readonly Metric[], axis: Axis, panel: string): Band[] {
  const bands: Band[] = [];
  for (const { stage, places } of placed(points, axis)) {
    const x = places.get(panel);
    if (x === undefined) continue;
    const last = bands.at(-1);
    const from = last?.to ?? x;
    if (last?.stage === stage) bands.splice(-1, 1, { ...last, to: x });
    else bands.push({ stage, from, to: x });
  }
  return bands;
}

/**
 * Where points stand in the panels that they have figures of: at the step, counted on over the stages of a panel (a stage counts from 0
 * again), or at seconds of work.
 */
function* placed(
  points: readonly Metric[],
  axis: Axis,
): Generator<Pick<Metric, 'stage' | 'values'> & { readonly places: ReadonlyMap<string, number> }> {
  const panels = new Map<string, { readonly stage: string; readonly step: number; readonly before: number }>();
  for (const { stage, step, seconds, values } of points) {
    const places = new Map<string, number>();
    for (const panel of new Set(Object.keys(values).map(panelOf))) {
      const place = panels.get(panel) ?? { stage, step: 0, before: 0 };
      const isNew = place.stage !== stage || step < place.step;
      const before = place.before + (isNew ? place.step : 0);
      panels.set(panel, { stage, step, before });
      places.set(panel, axis === 'seconds' ? seconds : step + before);
    }
    yield { stage, values, places };
  }
}

/** Exponential moving average without the bias of its start; weight 0 changes nothing. */
export function smoothed(points: readonly Point[], weight: number): readonly Point[] {
  if (weight === 0) return points;
  let sum = 0;
  let total = 0;
  return points.map(([x, y]) => {
    sum = weight * sum + (1 - weight) * y;
    total = weight * total + (1 - weight);
    return [x, sum / total];
  });
}

/** At most so many points with the same outline: of every stretch the lowest and the highest, and both ends. */
export function thinned(points: readonly Point[], most = mostPoints): readonly Point[] {
  if (points.length <= most) return points;
  const stretches = Math.floor((most - 2) / 2);
  const inner = points.length - 2;
  const kept: Point[] = [points[0]];
  for (let i = 0; i < stretches; i++) {
    const from = 1 + Math.floor((i * inner) / stretches);
    const to = 1 + Math.floor(((i + 1) * inner) / stretches);
    let [low, high] = [from, from];
    for (let at = from; at < to; at++) {
      if (points[at][1] < points[low][1]) low = at;
      if (points[at][1] > points[high][1]) high = at;
    }
    kept.push(points[Math.min(low, high)]);
    if (low !== high) kept.push(points[Math.max(low, high)]);
  }
  kept.push(points[points.length - 1]);
  return kept;
}
