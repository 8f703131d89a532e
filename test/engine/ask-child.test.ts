import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UserError } from '../../backend/base/errors';
import { askChild } from '../../backend/engine/ask-child';
import { estimating, explaining, layingOut } from '../../backend/engine/exchanges';
import { ToldFailure } from '../../backend/engine/failure';
import { explainPile } from '../../backend/server/why';
import type { Store } from '../../backend/store/store';
import { fill, Workshop, writeDocuments } from '../store/support';

const builtProgram = (name: string): string =>
  fileURLToPath(new URL(`../../backend/programs/${name}.js`, import.meta.url));
const explainer = builtProgram('explainer');

describe('a program that answers one question', () => {
  const workshop = new Workshop();
  let store: Store;
  let folder: string;
  let question: z.infer<typeof explaining.question>;

  before(async () => {
    await workshop.begin();
    store = await workshop.open();
    await fill(store);
    folder = await writeDocuments(store.folder);
    question = { folder, documents: Int32Array.of(0, 1, 2, 3), piles: Int32Array.of(0, 1, 0, 1), k: 2, row: 0 };
  });

  after(() => workshop.end());

  /** A program of the test's own, which does this when it is asked. */
  async function programThat(does: string): Promise<string> {
    const path = join(store.folder, `program-${Math.random()}.mjs`);
    await writeFile(path, `process.once('message', () => { ${does} });`);
    return path;
  }

  const defect = (message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof ToldFailure, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n *at |\.[jt]s:\d/);
    assert.equal(error.failure.reason, 'defect');
    assert.match(error.failure.next, /report it with the log/);
    return true;
  };

  it('answers; tells what the user can mend with the next step, and a defect without its stack', async () => {
    const { neighbours } = await askChild(explainer, explaining, question);
    assert.equal(neighbours.length, 3);
    const missing = askChild(explainer, explaining, { ...question, folder: '/nowhere' });
    await assert.rejects(missing, (error) => error instanceof UserError && /missing/.test(error.message));
    await assert.rejects(askChild(explainer, explaining, { ...question, row: 99 }), defect(/undefined/));
  });

  it('is stopped when nobody waits for it any more, also where it tells what speaks for a pile', async () => {
    const stop = new AbortController();
    const endless = await programThat('process.send(1); for (;;);');
    const asked = askChild(endless, { question: z.object({}), answer: z.number() }, {}, { signal: stop.signal });
    stop.abort();
    await assert.rejects(asked, { name: 'AbortError' });
    const why = { clustering: 'split-example', document: 3 };
    await assert.rejects(explainPile(store, why, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    const found = await explainPile(store, why, { signal: new AbortController().signal });
    assert.equal(found.compared, 80);
  });

  it('is not believed where its answer is none, and dies with a word of how', async () => {
    const exchange = { question: z.object({}), answer: z.number() };
    for (const says of ['"ha"', '{ answer: "ha" }', '{ answer: 1, more: 2 }', '{ failure: { message: "ha" } }']) {
      await assert.rejects(askChild(await programThat(`process.send(${says})`), exchange, {}), z.ZodError);
    }
    assert.equal(await askChild(await programThat('process.send({ answer: 1 })'), exchange, {}), 1);
    await assert.rejects(askChild(await programThat('process.exit(7)'), exchange, {}), /ended with 7/);
    await assert.rejects(askChild(await programThat('process.kill(process.pid)'), exchange, {}), /ended with SIGTERM/);
  });

  it('neither asks nor takes a question that is none: each of them', async () => {
    await assert.rejects(askChild(explainer, explaining, { ...question, k: -1 }), z.ZodError);
    const given = { ...question, documents: [0, 1] };
    await Promise.all(
      ['explainer', 'layout', 'estimator', 'inquiry'].map(async (name) => {
        const args = name === 'inquiry' ? ['catalog/inspect'] : [];
        const child = fork(builtProgram(name), args, { serialization: 'advanced', silent: true });
        child.send(given);
        const [reply] = (await once(child, 'message')) as unknown[];
        assert.equal((reply as { failure?: { reason: string } }).failure?.reason, 'defect', name);
        await once(child, 'exit');
      }),
    );
    assert.ok(!layingOut.question.safeParse(given).success && !estimating.question.safeParse(given).success);
  });
});
