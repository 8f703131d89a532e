import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Params } from '../../backend/protocol/messages';
import { createRandom } from '../../backend/base/random';
import type { Polymath } from '../../extension/polymath';
import { eventually } from './support';

type Spec = Params<'runs/start'>['spec'];

const subjects = [
  'the court heard an appeal and the judge set aside the verdict because the claim had no evidence in law',
  'the team won a match and the coach praised the striker because the keeper had no chance at the goal',
];

/** Waits for a run to be done; gives what it made. */
export async function finished({ client }: Polymath, spec: Spec): Promise<string> {
  const { id } = await client.call('runs/start', { spec });
  return eventually(async () => {
    const { state, result, failure } = await client.call('runs/get', { run: id });
    assert.equal(state, 'done', failure?.message);
    return result ?? '';
  });
}

/** Two experts of two subjects that the project's backend trains on a small corpus; gives the id of their set. */
export async function trainExperts(parts: Polymath): Promise<string> {
  const source = join(vscode.workspace.workspaceFolders?.[0].uri.fsPath ?? '', 'subjects.jsonl');
  const random = createRandom(2);
  const lines = Array.from({ length: 60 }, (_, i) => {
    const words = subjects[i % 2].split(' ');
    const text = Array.from({ length: 60 }, () => words[random.below(words.length)]).join(' ');
    return `${JSON.stringify({ id: `subject-${i}`, domain: i % 2 === 0 ? 'law' : 'sport', text })}\n`;
  });
  await writeFile(source, lines.join(''));
  const dataset = await finished(parts, { kind: 'import', source, nearDuplicates: 0 });
  const clustering = await finished(parts, { kind: 'split', dataset, k: 2, method: 'unigram' });
  return finished(parts, { kind: 'train', clustering, tokens: 2000, rank: 4, learningRate: 1e-3 });
}
