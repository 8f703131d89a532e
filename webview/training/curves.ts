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

/**
 * The curves of a run, in the order in which they appear. `x` is the step, counted on over the stages of a panel (a stage counts from
 * 0 again), or seconds of work.
 */
export function curvesOf(points: readonly Metric[], axis: Axis): Curve[] {
  const curves = new Map<string, Point[]>();
  const panels = new Map<string, { stage: string; step: number; before: number }>();
  for (const { stage, step, seconds, values } of points) {
    for (const panel of new Set(Object.keys(values).map(panelOf))) {
      const place = panels.get(panel) ?? { stage, step: 0, before: 0 };
      if (place.stage !== stage || step < place.step) place.before += place.step;
      panels.set(panel, { ...place, stage, step });
    }
    for (const [name, value] of Object.entries(values)) {
      const x = axis === 'seconds' ? seconds : step + (panels.get(panelOf(name))?.before ?? 0);
      const curve = curves.get(name) ?? [];
      curves.set(name, curve);
      curve.push([x, value]);
    }
  }
  return [...curves].map(([name, curve]) => ({ name, points: curve }));
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
