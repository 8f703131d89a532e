/** Documents by words and filters. */
import { expertLetter } from '../../backend/base/letter';
import { chord, having, inTitle, inView, onRow } from '../contributions/contribution';
import { FindBox } from '../find/box';
import type { Polymath } from '../polymath';
import type { FoundNode } from '../views/found';
import { chosenNodes, chosenRows, givenId } from '../views/selection';
import type { CommandTable } from './command';

export const findCommands: CommandTable = {
  'polymath.find': {
    title: 'Find Documents…',
    icon: 'search',
    palette: having('datasets'),
    needs: 'backend',
    menus: [
      inTitle('datasets', 'navigation@1'),
      inTitle('piles', 'navigation@0'),
      onRow('datasets', 'dataset', '1_open@9'),
      onRow('piles', /^(split|pile|outliers)$/, '1_open@9'),
    ],
    keys: [chord('f')],
    run: find,
  },
  'polymath.found.change': {
    title: 'Change What Is Looked For…',
    icon: 'edit',
    palette: 'polymath.found',
    needs: 'backend',
    menus: [inTitle('found', 'navigation@1')],
    run: change,
  },
  'polymath.found.open': {
    title: 'Open Found Document',
    palette: false,
    needs: 'backend',
    run: open,
  },
  'polymath.found.next': {
    title: 'Next Found Document',
    icon: 'arrow-down',
    palette: 'polymath.found',
    needs: 'backend',
    menus: [inTitle('found', 'navigation@3')],
    keys: [{ key: 'f4', when: 'polymath.found && !hasSearchResult' }, inView('found', 'f4')],
    run: ({ found }) => found.step(1),
  },
  'polymath.found.previous': {
    title: 'Previous Found Document',
    icon: 'arrow-up',
    palette: 'polymath.found',
    needs: 'backend',
    menus: [inTitle('found', 'navigation@2')],
    keys: [{ key: 'shift+f4', when: 'polymath.found && !hasSearchResult' }, inView('found', 'shift+f4')],
    run: ({ found }) => found.step(-1),
  },
  'polymath.found.clear': {
    title: 'Clear Found Documents',
    icon: 'clear-all',
    palette: 'polymath.found',
    needs: 'nothing',
    menus: [inTitle('found', 'navigation@4')],
    run: ({ found }) => found.show(undefined),
  },
};

/** Where it is called on a row, among the documents of that. */
async function find(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const dataset = givenId(given, 'data');
  const clustering = givenId(given, 'split');
  if (clustering !== undefined) await new FindBox(polymath, { query: filterOf(given), clustering }).show();
  else await new FindBox(polymath, { query: '', ...(dataset !== undefined && { dataset }) }).show();
}

async function change(polymath: Polymath): Promise<void> {
  await new FindBox(polymath, polymath.found.search ?? { query: '' }).show();
}

/** What tells the documents of a row of Piles from others. */
function filterOf(given: readonly unknown[]): string {
  const [row] = chosenRows<{ readonly kind: string; readonly pile?: number }>(given);
  if (row?.value.kind === 'outliers') return 'is:outlier ';
  return row?.value.kind === 'pile' && row.value.pile !== undefined ? `pile:${expertLetter(row.value.pile)} ` : '';
}

async function open({ found }: Polymath, ...given: unknown[]): Promise<void> {
  const [node] = chosenNodes<FoundNode, 'document'>(given, 'document', [found]);
  if (node !== undefined) await found.open(node);
}
