/** The window of a VS Code as a person uses it. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { seriousFindings } from './accessibility';
import { Session, type SessionOptions } from '../vscode/session';
import { patience } from '../support/patience';

export const screenshots = '.cache/editor/screenshots';

/** What the system asks for, and the class that the window has then. */
const themes = {
  dark: [{ colorScheme: 'dark' }, 'vs-dark'],
  light: [{ colorScheme: 'light' }, 'vs'],
  contrast: [{ colorScheme: 'dark', forcedColors: 'active' }, 'hc-black'],
} as const;

export interface WorkbenchOptions extends Omit<SessionOptions, 'folder'> {
  /** Fills the folder before a window opens it. */
  readonly prepare?: (folder: string) => Promise<void>;
}

export class Workbench {
  private constructor(
    readonly session: Session,
    /** The folder that is open, empty at first. */
    readonly folder: string,
  ) {}

  static async open({ prepare, ...options }: WorkbenchOptions = {}): Promise<Workbench> {
    const folder = join(await mkdtemp(join(tmpdir(), 'polymath-ui-')), 'corpus');
    await mkdir(folder);
    await mkdir(screenshots, { recursive: true });
    const session = await Session.open({ ...options, folder });
    await session.page.emulateMedia({ colorScheme: 'dark' });
    await prepare?.(folder);
    await session.load();
    return new Workbench(session, folder);
  }

  get page(): Session['page'] {
    return this.session.page;
  }

  /** The side bar with Polymath's views. */
  async openViews(): Promise<void> {
    await this.page.getByRole('tab', { name: /^Polymath/ }).click();
    await this.view('Runs').waitFor();
  }

  /** A view of the side bar, with its heading. */
  view(name: string): Locator {
    const heading = this.page.getByRole('button', { name: `${name} Section` });
    return this.page.locator('.pane').filter({ has: heading });
  }

  get statusItem(): Locator {
    return this.page.locator('.statusbar-item[id="polymath.polymath.polymath.status"]');
  }

  get labellingItem(): Locator {
    return this.page.locator('.statusbar-item[id="polymath.polymath.polymath.labelling"]');
  }

  /** From the context menu of a row, by key: a menu takes no click in the moment after it opens, and goes when the row is drawn anew. */
  async chooseFromMenu(row: Locator, title: string): Promise<void> {
    const item = this.page.getByRole('menuitem', { name: title });
    for (let attempt = 1; ; attempt++) {
      if (!(await item.isVisible())) await row.click({ button: 'right' });
      try {
        await item.hover({ timeout: 5000 });
        return await this.page.keyboard.press('Enter');
      } catch (error) {
        if (attempt === 4) throw error;
      }
    }
  }

  /** By the command palette. `title`: with its category. */
  run(title: string): Promise<void> {
    return this.quickOpen('F1', `>${title}`, title);
  }

  /** A file of the folder, by its name. */
  openFile(name: string): Promise<void> {
    return this.quickOpen('Control+P', name, name);
  }

  private async quickOpen(key: string, text: string, name: string): Promise<void> {
    const input = this.quickInput.locator('input[type=text]');
    const option = this.page.getByRole('option', { name }).first();
    for (let attempt = 1; ; attempt++) {
      // It closes with an animation, and a key that comes too early is lost.
      await this.page.keyboard.press(key);
      try {
        await input.fill(text, { timeout: 5000 });
        return await option.click({ timeout: 5000 });
      } catch (error) {
        if (attempt === 4) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** The line above a text, with what can be done there. The editor may show the old one beside the new one for a moment. */
  lens(text: RegExp): Locator {
    return this.page.locator('.codelens-decoration').filter({ hasText: text }).first();
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Resolves when the editor shows such a message. Under test it opens no toasts, so they are looked for where all are kept. */
  async notification(text: RegExp): Promise<Locator> {
    const message = this.page.locator('.notifications-center .notification-list-item').filter({ hasText: text });
    const end = Date.now() + patience;
    for (;;) {
      await this.run('Notifications: Show Notifications');
      try {
        await message.waitFor({ timeout: 2000 });
        return message;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  async clearNotifications(): Promise<void> {
    await this.run('Notifications: Clear All Notifications');
  }

  /** Keeps a picture of the window: one, or one per theme. */
  async shoot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  /** In each theme a page of the extension that is shown must be free of what keeps people out. */
  async shootThemes(name: string): Promise<void> {
    const findings: string[] = [];
    for (const [theme, [media, look]] of Object.entries(themes)) {
      await this.page.emulateMedia({ forcedColors: 'none', ...media });
      await this.page.locator(`.monaco-workbench.${look}`).waitFor();
      // Colors change in transitions.
      await this.page.waitForTimeout(400);
      await this.shoot(`${name}-${theme}`);
      findings.push(...(await seriousFindings(this.page)).map((finding) => `${theme}: ${finding}`));
    }
    await this.page.emulateMedia({ colorScheme: 'dark', forcedColors: 'none' });
    assert.deepEqual(findings, []);
  }

  async close(): Promise<void> {
    await this.session.close();
    await rm(join(this.folder, '..'), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A workbench for the tests of one file: opened before them, closed after; what a failed test saw last is kept as a picture. */
export function useWorkbench(options: WorkbenchOptions = {}): () => Workbench {
  let workbench: Workbench | undefined;
  const current = (): Workbench => {
    if (workbench === undefined) throw new Error('the workbench is not open');
    return workbench;
  };
  before(async () => {
    workbench = await Workbench.open(options);
  });
  afterEach(async function () {
    const { currentTest } = this;
    if (currentTest?.state === 'failed') await current().shoot(`failed ${currentTest.title.replace(/\W+/g, ' ')}`);
  });
  after(() => workbench?.close());
  return current;
}
