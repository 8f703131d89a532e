/** What the tests of all pages do: reach into a page, and see that nothing in it breaks its policy. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, FrameLocator, Page } from 'playwright-core';
import { type Connection, connect } from '../../backend/rpc/client/connection';
import type { Params } from '../../backend/protocol/messages';
import { readAttachment } from '../../backend/server/attach';
import { serveProject } from '../../backend/server/serve';
import { generatedCorpus } from '../support/corpus';
import { resultOf } from '../support/project';
import type { Workbench } from './workbench';
import { patience } from '../support/patience';

/** The page inside the webview that is shown. */
export function pageFrame(page: Page): FrameLocator {
  return page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
}

/** Stands in every document of the prepared project: nothing must take it for markup. */
export const markup = '<img src=x onerror=alert(1)>';

export interface Prepared {
  readonly clustering: string;
  /** Another client of the window's backend. */
  readonly client: Connection;
}

/** A project with a generated corpus, split into three piles by words, and the runs that `more` starts, before the window sees it. */
export async function prepareProject(
  workbench: Workbench,
  more: (clustering: string) => readonly Params<'runs/start'>['spec'][] = () => [],
): Promise<Prepared> {
  const source = join(workbench.folder, 'corpus.jsonl');
  await writeFile(source, generatedCorpus(240).replaceAll('"text":"', `"text":"${markup} `));
  const served = await serveProject(join(workbench.folder, '.polymath'));
  const { backend } = served;
  const dataset = await resultOf(backend, { kind: 'import', source, nearDuplicates: 0 });
  const clustering = await resultOf(backend, { kind: 'split', dataset, method: 'unigram', k: 3, name: 'By words' });
  for (const spec of more(clustering)) await resultOf(backend, spec);
  await served.close();
  await workbench.openViews();
  return { clustering, client: await newClient(workbench) };
}

/** Another client of the window's backend; of the next one after that of `gone`. */
export async function newClient(workbench: Workbench, gone?: number): Promise<Connection> {
  for (const end = Date.now() + patience; ;) {
    const found = await readAttachment(join(workbench.folder, '.polymath'));
    try {
      assert.ok(found, 'no backend serves the project');
      const client = await connect({ ...found, client: 'test' });
      if (client.hello.pid !== gone) return client;
      await client.close();
      assert.fail(`process ${gone} still serves the project`);
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(200);
    }
  }
}

/** As a person reloads the window: what pages keep is written before it goes. */
export async function reload(workbench: Workbench): Promise<void> {
  const reloaded = workbench.page.waitForEvent('domcontentloaded');
  await workbench.run('Developer: Reload Window');
  await reloaded;
  await workbench.page.locator('.monaco-workbench').waitFor();
}

/** No script but the page's own runs, and nothing may be loaded or evaluated. */
export async function assertStrict(page: Page, element: string): Promise<void> {
  const frame = await frameWith(page, element);
  const policy = await frame.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.match(policy ?? '', /^default-src 'none'; script-src 'nonce-[^']+'$/);
  const ran = await frame.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: { createElement(name: string): { textContent: string }; body: { append(node: unknown): void } };
    };
    const script = document.createElement('script');
    script.textContent = 'globalThis.stranger = true';
    document.body.append(script);
    return 'stranger' in globalThis;
  });
  assert.equal(ran, false, 'a script without the nonce ran');
}

async function frameWith(page: Page, element: string): Promise<Frame> {
  for (const frame of page.frames()) {
    if (
      (await frame
        .locator(element)
        .count()
        .catch(() => 0)) > 0
    )
      return frame;
  }
  throw new Error(`no frame has ${element}`);
}

/** A page fits its column: what is wider scrolls by itself. */
export async function assertNoOverflow(frame: FrameLocator, name: string): Promise<void> {
  const overflow = await frame
    .locator('html')
    .evaluate((root: { scrollWidth: number; clientWidth: number }) => root.scrollWidth - root.clientWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow} pixels too wide`);
}
