/** How the learning rate goes from step to step. */

export interface ScheduledSteps {
  /** The highest learning rate. */
  readonly peak: number;
  /** Steps in which it rises to the peak, in a straight line. */
  readonly warmup: number;
  readonly total: number;
}

/** What is left of the peak at a point between the end of the warm-up (0) and the last step (1). */
type Shape = (progress: number) => number;

const floor = 0.1;
const decay = 0.2;

export const scheduleNames = ['cosine', 'linear', 'constant', 'wsd'] as const;
export type ScheduleName = (typeof scheduleNames)[number];

const shapes: Readonly<Record<ScheduleName, Shape>> = {
  /** Half a cosine, down to a tenth. */
  cosine: (progress) => floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2,
  linear: (progress) => 1 - progress,
  constant: () => 1,
  /** Constant, then in a straight line to zero over the last fifth (Hu et al. 2024, MiniCPM). */
  wsd: (progress) => Math.min(1, (1 - progress) / decay),
};

/** The learning rate of step `step`, from 0. */
export function scheduledRate(name: ScheduleName, step: number, { peak, warmup, total }: ScheduledSteps): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  return peak * shapes[name](Math.min(1, (step - warmup) / Math.max(1, total - warmup)));
}
