/** What axe-core finds in the pages of the extension that the window shows. */
import type { AxeResults } from 'axe-core';
import axe from 'axe-core';
import type { Frame, Page } from 'playwright-core';

/** Each serious finding of a page: the rule, what it says, and where. Color contrast is that of the theme that is on. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const findings: string[] = [];
  for (const frame of page.frames()) {
    if (!(await isPage(frame))) continue;
    await frame.evaluate(axe.source);
    // Pages are transparent: what lies behind them is the editor's, where axe does not look.
    await frame.evaluate('document.documentElement.style.background = "var(--vscode-editor-background)"');
    const { violations } = await frame.evaluate<AxeResults>('axe.run({ resultTypes: ["violations"] })');
    for (const { id, impact, help, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      for (const { target, failureSummary } of nodes.slice(0, 3)) {
        findings.push(`${id}: ${help}: ${target.flat().join(' ')}: ${failureSummary ?? ''}`);
      }
    }
  }
  return findings;
}

/** Whether it is the inner frame of a webview, which has this id once it is shown; in pictures of the editor no script may run, not even axe. */
async function isPage(frame: Frame): Promise<boolean> {
  if (frame.parentFrame() === null) return false;
  const element = await frame.frameElement();
  const [id, sandbox] = [await element.getAttribute('id'), await element.getAttribute('sandbox')];
  return id === 'active-frame' && sandbox?.includes('allow-scripts') === true;
}
