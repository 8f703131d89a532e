/** Moves of documents between piles, however they are asked for: by drag, by command, by key. */
import * as vscode from 'vscode';
import { ConflictError, UserError } from '../../backend/base/errors';
import { expertLetter } from '../../backend/base/letter';
import type { MoveRecord } from '../../backend/protocol/labels';
import type { Params } from '../../backend/protocol/messages';
import type { BackendClient } from '../backend/client';
import { formatCount, formatNumber } from '../format';

/** Documents that the backend moves in one step. */
const most = 10_000;
const shownMilliseconds = 5000;

/**
 * Moves all the documents to the pile or none; gives the moves, none for those that lie there already, and says in the status bar
 * what was done. Undefined where another window or command changed one of them since it was shown: nothing is moved, the person is
 * told, and whoever shows the documents asks for them anew. Throws UserError as `labels/move` does.
 */
export async function moveDocuments(
  client: BackendClient,
  request: Params<'labels/move'>,
): Promise<readonly MoveRecord[] | undefined> {
  if (request.documents.length > most) {
    throw new UserError(
      `${formatCount(request.documents.length)} documents are more than are moved at once.`,
      `Choose ${formatCount(most)} at most.`,
    );
  }
  const moves = await unlessChanged(client.call('labels/move', request));
  if (moves !== undefined) say(`${moved(moves)} to pile ${expertLetter(request.to)}.`);
  return moves;
}

/** Takes back what the last step did to documents, names or links; gives the moves that are undone, none where there was nothing to take back. */
export async function undoLastMove(client: BackendClient, clustering: string): Promise<readonly MoveRecord[]> {
  const { moves, pins, exclusions, renames, links } = await client.call('labels/undo', { clustering });
  const [[exclusion], [rename], [change]] = [exclusions, renames, links];
  if (moves.length > 0) say(`${moved(moves)} back.`);
  else if (pins.length > 0) say(`Pins of ${formatNumber(pins.length, 'document')} as before.`);
  else if (rename !== undefined) say(`Pile ${expertLetter(rename.pile)} is called “${rename.from}” again.`);
  else if (change !== undefined) say(`The link is ${change.added ? 'gone' : 'there'} again.`);
  else if (exclusion === undefined) say('There is no label to take back.');
  else say(`${formatNumber(exclusions.length, 'document')} ${exclusion.excluded ? 'in' : 'out'} again.`);
  return moves;
}

async function unlessChanged(call: Promise<{ moves: MoveRecord[] }>): Promise<readonly MoveRecord[] | undefined> {
  try {
    return (await call).moves;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    void vscode.window.showWarningMessage(`${error.message} ${error.next}`);
    return undefined;
  }
}

const moved = (moves: readonly MoveRecord[]): string => `Moved ${formatNumber(moves.length, 'document')}`;

function say(text: string): void {
  vscode.window.setStatusBarMessage(text, shownMilliseconds);
}
