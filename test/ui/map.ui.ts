import assert from 'node:assert/strict';
import type { FrameLocator, Locator } from 'playwright-core';
import type { Connection } from '../../backend/rpc/client/connection';
import { assertStrict, markup, pageFrame, prepareProject } from './pages';
import { useWorkbench } from './workbench';
import { patience } from '../support/patience';

describe('the page of the map', function () {
  const workbench = useWorkbench();
  let client: Connection;
  let clustering = '';
  let total = 0;

  before(async () => {
    ({ client, clustering } = await prepareProject(workbench()));
    total = (await client.call('splits/get', { clustering })).documents;
  });
  after(() => client.close());

  const frame = (): FrameLocator => pageFrame(workbench().page);
  const canvas = (): Locator => frame().locator('map-canvas');
  const selected = (): Locator => frame().getByText(/^[\d,]+ selected$/);
  const countSelected = async (): Promise<number> => parseInt((await selected().innerText()).replaceAll(',', ''), 10);

  it('shows every document of a split in the colour and form of its pile, computed once', async () => {
    await workbench().run('Polymath: Open Map');
    await frame().getByText(`${total} documents`).waitFor();
    assert.equal(await frame().getByRole('table', { name: 'Piles' }).getByRole('checkbox').count(), 3);
    await assertStrict(workbench().page, 'map-page');
    await workbench().shootThemes('map');
    const once = await client.call('splits/layout', { clustering });
    assert.equal(once.positions.length, 2 * total);
    assert.deepEqual(await client.call('splits/layout', { clustering }), once);
  });

  /** Its name is what the document begins with. */
  const documentTab = (): Locator => workbench().page.locator('.tab.active').filter({ hasNotText: 'Map' });

  it('selects what is selected in the tree', async () => {
    await workbench()
      .view('Piles')
      .getByRole('treeitem', { name: /^Pile A, / })
      .locator('.monaco-tl-twistie')
      .click();
    const { items } = await client.call('piles/documents', { clustering, pile: 0, order: 'confidence', limit: 3 });
    await workbench()
      .view('Piles')
      .getByRole('treeitem', { name: new RegExp(`^${items[1].id},`) })
      .click();
    // It opens too, and would come before the map once more if that were chosen at once.
    await documentTab().waitFor();
    await workbench().page.getByRole('tab', { name: 'Map' }).click();
    await frame().getByText('1 selected').waitFor();
  });

  it('tells of the document under the pointer and opens it; selects by box, and moves what is selected', async () => {
    const { page } = workbench();
    const bounds = await canvas().boundingBox();
    assert.ok(bounds !== null);
    const { positions } = await client.call('splits/layout', { clustering });
    const [x, y] = onScreen(positions, 0, bounds);
    await page.mouse.move(x, y);
    await frame().getByRole('tooltip').getByText(markup).waitFor();
    assert.equal(await frame().locator('img').count(), 0);
    await workbench().shoot('map-hover');
    await page.mouse.down();
    await page.mouse.up();
    await documentTab().waitFor();
    await page.getByRole('tab', { name: 'Map' }).click();
    // A page that was hidden is made anew.
    await frame().getByText(`${total} documents`).waitFor();
    await page.keyboard.down('Shift');
    await page.mouse.move(bounds.x + 5, bounds.y + 5);
    await page.mouse.down();
    await page.mouse.move(bounds.x + bounds.width - 5, bounds.y + bounds.height / 3, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    const count = await countSelected();
    assert.ok(count > 0 && count < total, `${count} selected`);
    const listed = Math.min(count, 200);
    await frame()
      .getByRole('listitem')
      .nth(listed - 1)
      .waitFor();
    assert.equal(await frame().getByRole('listitem').count(), listed);
    await workbench().shootThemes('map-selected');
    await frame().getByRole('combobox', { name: 'Move to' }).click();
    await frame().getByRole('option', { name: /^C / }).click();
    const moved = async (): Promise<number> => (await client.call('labels/list', { clustering })).total;
    for (const end = Date.now() + patience; (await moved()) === 0;) assert.ok(Date.now() < end, 'nothing was moved');
    assert.ok((await moved()) <= count);
  });
});

/** Where the page draws a point while all points are seen. */
function onScreen(
  positions: Float32Array,
  point: number,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): [number, number] {
  const at = (offset: number): number[] => Array.from(positions).filter((_, i) => i % 2 === offset);
  const [left, right] = [Math.min(...at(0)), Math.max(...at(0))];
  const [bottom, top] = [Math.min(...at(1)), Math.max(...at(1))];
  const scale = Math.min((width - 50) / (right - left), (height - 50) / (top - bottom));
  return [
    x + width / 2 + (positions[2 * point] - (left + right) / 2) * scale,
    y + height / 2 - (positions[2 * point + 1] - (bottom + top) / 2) * scale,
  ];
}
