import { useWorkbench } from './workbench';

describe('the walkthrough', () => {
  const workbench = useWorkbench();

  it('leads from the sample corpus on, and ticks what is done', async () => {
    const { page } = workbench();
    // A narrow window has no place for the pictures.
    await page.setViewportSize({ width: 1720, height: 900 });
    await workbench().run('Welcome: Open Walkthrough...');
    await workbench()
      .quickInput.getByRole('option', { name: /From a Corpus to the First Answer/ })
      .click();
    const step = (name: RegExp) => page.locator('.getting-started-step').filter({ hasText: name });
    await step(/All in one run/)
      .getByRole('button', { name: 'From Corpus to Answer…' })
      .waitFor();
    await workbench().shootThemes('walkthrough');
    await step(/import the sample corpus/).click();
    await step(/import the sample corpus/)
      .getByRole('button', { name: 'Import Sample Corpus' })
      .click();
    await step(/import the sample corpus/)
      .locator('.codicon-getting-started-step-checked.complete')
      .waitFor();
    await workbench().shoot('walkthrough-imported');
  });
});
