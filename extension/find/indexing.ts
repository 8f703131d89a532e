import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { FoundPage } from '../../backend/protocol/find';
import type { RunRecord } from '../../backend/protocol/run';
import { formatDone } from '../format';
import type { Polymath } from '../polymath';
import { isActive } from '../runs/activity';
import { startRun } from '../runs/start';

/**
 * Indexes the words of a dataset that has no index or a damaged one, with its progress and a way to cancel. A run that does so already is
 * waited for. Throws UserError where it fails, a cancellation where it does not come to its end.
 */
export async function indexWords(
  { client, activity }: Polymath,
  { dataset, unindexed }: Pick<FoundPage, 'dataset' | 'unindexed'>,
): Promise<void> {
  if (dataset === undefined || unindexed === undefined) return;
  const why = unindexed === 'missing' ? 'once' : 'anew, for the index is damaged';
  const isOurs = ({ spec }: RunRecord): boolean => spec.kind === 'index' && spec.dataset === dataset.id;
  const run = activity.active.find(isOurs) ?? (await startRun(client, { kind: 'index', dataset: dataset.id }));
  const ended = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `Indexing the words of ${dataset.name}, ${why}`,
      cancellable: true,
    },
    (progress, token) => {
      token.onCancellationRequested(() => void client.call('runs/cancel', { run: run.id }).catch(() => undefined));
      let shown = 0;
      return endOf({ client }, run, (done, total) => {
        const percent = (100 * done) / Math.max(1, total);
        progress.report({ message: formatDone(done, total), increment: percent - shown });
        shown = percent;
      });
    },
  );
  if (ended.failure !== undefined) throw new UserError(ended.failure.message, ended.failure.next);
  if (ended.state !== 'done') throw new vscode.CancellationError();
}

/** The run when it is not at work any more. */
function endOf(
  { client }: Pick<Polymath, 'client'>,
  { id }: RunRecord,
  tell: (done: number, total: number) => void,
): Promise<RunRecord> {
  return new Promise((resolve, reject) => {
    const look = (run: RunRecord): void => {
      if (run.id !== id || isActive(run)) return;
      heard.dispose();
      resolve(run);
    };
    const heard = client.onEvent((event) => {
      if (event.type === 'progress' && event.run === id) tell(event.progress.done, event.progress.total);
      if (event.type === 'run') look(event.run);
    });
    // It may have ended before anybody listened.
    client.call('runs/get', { run: id }).then(look, (error: unknown) => {
      heard.dispose();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}
