import { errorText } from '../errors/show';
import type { BackendState } from './client';
import { describeEnding } from './ending';

/** What a state of the backend means, in a sentence. */
export function meaningOf(state: BackendState): string {
  switch (state.kind) {
    case 'no-folder':
      return 'No folder is open.';
    case 'untrusted':
      return 'The workspace is not trusted: nothing is started in it.';
    case 'stopped':
      return state.byUser ? 'The backend is stopped.' : 'The backend starts when it is needed.';
    case 'starting':
      return state.crash === undefined
        ? 'The backend starts.'
        : `The backend ${describeEnding(state.crash)} and starts again.`;
    case 'ready':
      return state.elsewhere ? 'Another process serves the project, and this window uses it.' : 'The backend is ready.';
    case 'failed':
      return errorText(state.error);
  }
}
