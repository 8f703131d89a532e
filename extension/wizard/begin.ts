import * as vscode from 'vscode';
import type { RunRecord } from '../../backend/protocol/run';
import type { Polymath } from '../polymath';
import { startRun } from '../runs/start';
import { rememberModel } from './base-model';
import type { RunStart } from './review';

/** Starts what a wizard came to, shows where its progress is told, and remembers the base model for the next time. */
export async function begin(polymath: Polymath, spec: RunStart): Promise<RunRecord> {
  const run = await startRun(polymath.client, spec);
  // What was pulled is not what experts are made of yet.
  if (typeof spec.model === 'string' && spec.kind !== 'pull') await rememberModel(polymath, spec.model);
  await vscode.commands.executeCommand('polymath.runs.focus');
  return run;
}
