import type { BackendClient } from '../backend/client';
import type { Params } from '../../backend/protocol/messages';
import type { RunRecord } from '../../backend/protocol/run';
import { setting } from '../settings';

/** Starts a run; whether it goes on when the window closes is as the setting says, until its row says otherwise. */
export function startRun(client: BackendClient, spec: Params<'runs/start'>['spec']): Promise<RunRecord> {
  return client.call('runs/start', { spec, keep: setting('runs.whenWindowCloses') === 'keepRunning' });
}
