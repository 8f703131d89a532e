// node dist/bench/editor.js [<documents>]: what people feel of the editor, in a real VS Code that Chromium shows (`npm run test:editor`
// installs it): how long the extension takes to activate, how soon a tree of so many documents shows its first rows, and how many
// frames the map of ten thousand documents draws while it is moved. Prints JSON: milliseconds.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, Locator, Page } from 'playwright-core';
import { serveProject } from '../backend/server/serve';
import { generatedCorpus } from '../test/support/corpus';
import { resultOf } from '../test/support/project';
import { Workbench } from '../test/ui/workbench';
import { installVSCode } from '../test/vscode/install';
import { makeProject } from './backend-project';

const DEFAULT_DOCUMENTS = 1_000_000;
const POINTS = 10_000;
const STARTS = 7;
const EXPANSIONS = 9;

interface Figures {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

function figuresOf(milliseconds: readonly number[]): Figures {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const round = (value: number): number => Math.round(10 * value) / 10;
  return {
    median: round(sorted[Math.floor(sorted.length / 2)]),
    least: round(sorted[0]),
    most: round(sorted[sorted.length - 1]),
  };
}

/** Opens a window on an empty folder, or on a project that is made in it first. */
async function inWindow<T>(
  prepare: (folder: string) => Promise<void>,
  work: (window: Workbench) => Promise<T>,
): Promise<T> {
  const window = await Workbench.open();
  window.page.setDefaultTimeout(180_000);
  try {
    await prepare(join(window.folder, '.polymath'));
    return await work(window);
  } finally {
    await window.close();
  }
}

/** As the editor counts it: to load the code and to run `activate`. */
async function activation(): Promise<number> {
  return inWindow(
    () => Promise.resolve(),
    async (window) => {
      await window.openViews();
      await window.run('Developer: Show Running Extensions');
      const row = window.page.locator('.runtime-extensions-editor .monaco-list-row').filter({ hasText: 'Polymath' });
      const told = await row.locator('.activation-time').innerText();
      const milliseconds = /(\d+)\s*ms/.exec(told)?.[1];
      if (milliseconds === undefined) throw new Error(`the editor tells no time of activation: ${told}`);
      return Number(milliseconds);
    },
  );
}

/** From the press on a row's arrow to the frame in which a row of a document stands below it. */
const firstRow = (view: string): string => `new Promise((resolve) => {
  const list = document.querySelector('.pane:has(> .pane-header[aria-label="${view} Section"]) .monaco-list');
  let began;
  list.addEventListener('pointerdown', () => (began = performance.now()), { once: true, capture: true });
  const shown = () => [...list.querySelectorAll('.monaco-list-row')].some((row) => /^doc-/.test(row.ariaLabel ?? ''));
  const observer = new MutationObserver(() => {
    if (began === undefined || !shown()) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  });
  observer.observe(list, { subtree: true, childList: true, attributes: true });
})`;

async function expansions(window: Workbench, view: string, row: RegExp): Promise<Figures> {
  const pane = window.view(view);
  const arrow: Locator = pane.getByRole('treeitem', { name: row }).first().locator('.monaco-tl-twistie');
  const documents = pane.getByRole('treeitem', { name: /^doc-/ });
  const times: number[] = [];
  for (let i = 0; i < EXPANSIONS; i++) {
    const shown = window.page.evaluate<number>(firstRow(view));
    await arrow.click();
    times.push(await shown);
    await sleep(300);
    await arrow.click();
    await documents.first().waitFor({ state: 'detached' });
    // What the backend answered is forgotten with the row.
    await window.run(`Polymath: Refresh ${view}`);
    await sleep(300);
  }
  return figuresOf(times);
}

async function trees(documents: number): Promise<Record<string, Figures>> {
  return inWindow(
    (project) => makeProject(project, documents),
    async (window) => {
      await window.openViews();
      await window
        .view('Piles')
        .getByRole('treeitem', { name: /^Pile B, / })
        .waitFor();
      return {
        'documents of a pile': await expansions(window, 'Piles', /^Pile B, /),
        'documents of a dataset': await expansions(window, 'Datasets', /^Train, /),
      };
    },
  );
}

/** Milliseconds between the frames that are drawn while globalThis.watching. */
const frames = `new Promise((resolve) => {
  const times = [];
  let last = performance.now();
  globalThis.watching = true;
  requestAnimationFrame(function next(now) {
    times.push(now - last);
    last = now;
    if (globalThis.watching) requestAnimationFrame(next);
    else resolve(times.slice(1));
  });
})`;

async function map(): Promise<Record<string, Figures>> {
  return inWindow(splitCorpus, async (window) => {
    const { page } = window;
    await window.openViews();
    await window.run('Polymath: Open Map');
    const frame = await frameOf(page, 'map-canvas');
    const canvas = frame.locator('map-canvas');
    await frame.getByText(/^8,\d\d\d documents$/).waitFor();
    const bounds = await canvas.boundingBox();
    if (bounds === null) throw new Error('the map is not shown');
    const [x, y] = [bounds.x + bounds.width / 2, bounds.y + bounds.height / 2];
    const drawn = async (work: () => Promise<void>): Promise<Figures> => {
      const times = frame.evaluate<number[]>(frames);
      await work();
      await frame.evaluate('globalThis.watching = false');
      return figuresOf(await times);
    };
    const wander = async (): Promise<void> => {
      for (let i = 0; i < 120; i++) await page.mouse.move(x + 80 * Math.cos(i / 9), y + 60 * Math.sin(i / 9));
    };
    const still = await drawn(() => sleep(2000));
    const pointing = await drawn(wander);
    await page.mouse.down();
    const moving = await drawn(wander);
    await page.mouse.up();
    const enlarging = await drawn(async () => {
      for (let i = 0; i < 60; i++) await page.mouse.wheel(0, i < 30 ? -60 : 60);
    });
    return { still, pointing, moving, enlarging };
  });
}

async function splitCorpus(project: string): Promise<void> {
  const source = join(project, '..', 'corpus.jsonl');
  await writeFile(source, generatedCorpus(POINTS));
  const served = await serveProject(project);
  const dataset = await resultOf(served.backend, { kind: 'import', source, nearDuplicates: 0 });
  const clustering = await resultOf(served.backend, { kind: 'split', dataset, method: 'unigram', k: 3 });
  await served.backend.call('splits/layout', { clustering });
  await served.close();
}

async function frameOf(page: Page, element: string): Promise<Frame> {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(100)) {
    for (const frame of page.frames()) {
      if (
        (await frame
          .locator(element)
          .count()
          .catch(() => 0)) > 0
      )
        return frame;
    }
  }
  throw new Error(`no frame has ${element}`);
}

const documents = Number(process.argv[2] ?? DEFAULT_DOCUMENTS);
await installVSCode();
const activations: number[] = [];
for (let i = 0; i < STARTS; i++) activations.push(await activation());
const results = {
  documents,
  activation: figuresOf(activations),
  'first rows': await trees(documents),
  'frames of the map': await map(),
};
console.log(JSON.stringify(results, undefined, 2));
process.exit(0);
