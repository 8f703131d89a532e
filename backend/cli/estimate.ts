import type { Backend } from '../protocol/messages';
import type { RunSpec } from '../protocol/run';
import { type Context, writeJson } from './context';
import { describeCost } from './cost';

/** Tells what a run would take, from a short probe, without starting it. */
export async function tellEstimate(backend: Backend, spec: RunSpec, json: boolean, context: Context): Promise<void> {
  const cost = await backend.call('runs/estimate', { spec });
  if (json) writeJson(context, cost);
  else context.out.write(`About ${describeCost(cost)}.\n`);
}
