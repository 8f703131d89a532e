/** Documents by words and filters. */
import { expertLetter } from '../../backend/base/letter';
import { chord, having, inTitle, inView, onRow } from '../contributions/contribution';
import { FindBox } from '../find/box';
import type { Polymath } from '../polymath';
import type { FoundNode, Search } from '../views/found';
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
      inTitle('found', 'navigation@1'),
      onRow('datasets', 'dataset', '1_open@9'),
      onRow('piles', /^(split|pile|outliers)$/, '1_open@9'),
    ],
    keys: [chord('f')],
    run: find,
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

/** Begins with what was looked for last where that is shown, with the row where it is called there. */
async function find(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const { query, dataset, clustering } = beginning(polymath, given);
  const scope = { ...(dataset !== undefined && { dataset }), ...(clustering !== undefined && { clustering }) };
  await new FindBox(polymath, scope, query).show();
}

function beginning({ found }: Polymath, given: readonly unknown[]): Search {
  const dataset = givenId(given, 'data');
  const clustering = givenId(given, 'split');
  if (clustering !== undefined) return { query: filterOf(given), clustering };
  if (dataset !== undefined) return { query: '', dataset };
  return found.search ?? { query: '' };
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
