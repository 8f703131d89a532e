import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { BackendState } from '../../extension/backend/client';
import type { Polymath } from '../../extension/polymath';
import { patience } from '../support/patience';

export const extensionId = 'polymath.polymath';

/** The extension under test, activated. */
export async function polymath(): Promise<Polymath> {
  const extension = vscode.extensions.getExtension<Polymath>(extensionId);
  assert.ok(extension, 'the editor does not know the extension');
  return extension.activate();
}

/** Tries until it does not throw: what a call changed may show in the editor a moment later. */
export async function eventually<T>(check: () => T | Promise<T>, milliseconds = patience): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(50);
    }
  }
}

/** Resolves when the backend is in this state. */
export async function reaches<K extends BackendState['kind']>(
  { client }: Polymath,
  kind: K,
  milliseconds = patience,
): Promise<Extract<BackendState, { kind: K }>> {
  return eventually(() => {
    const { state } = client;
    assert.equal(state.kind, kind);
    return state as Extract<BackendState, { kind: K }>;
  }, milliseconds);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
