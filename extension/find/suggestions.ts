/** What can be written next in a query: filters, and the values of the one that was begun. */
import type * as vscode from 'vscode';
import { expertLetter } from '../../backend/base/letter';
import type { FoundPage } from '../../backend/protocol/find';
import { type FilterName, filterNamed, filterNames, filters, filterTable } from '../../backend/search/filters';
import { partsOf, quoted } from '../../backend/search/query';
import type { BackendClient } from '../backend/client';
import { formatNumber } from '../format';
import { letterIcon } from '../views/pile-items';

export interface Suggestion extends vscode.QuickPickItem {
  /** What stands in the place of the last part of the query. */
  readonly written: string;
}

type Where = Pick<FoundPage, 'dataset' | 'split'>;

/** All filters with what they tell. */
export const filterSuggestions = (): Suggestion[] =>
  filterNames.map((name) => {
    const { example, help } = filterTable[name];
    return { label: `${name}:`, description: `${help} · ${example}`, written: `${name}:`, alwaysShow: true };
  });

/** The values of the filter that the query ends with, where they can be listed. */
export async function valueSuggestions(client: BackendClient, query: string, where: Where): Promise<Suggestion[]> {
  const part = /\s$/u.test(query) ? '' : (partsOf(query).at(-1) ?? '');
  const [, dash = '', given = '', begun = ''] = /^(-?)([\p{L}_-]+):(?:.*,)?(.*)$/su.exec(part) ?? [];
  const name = filterNamed(given);
  if (name === undefined) return [];
  const values = await valuesOf(client, name, where);
  const wanted = begun.replaceAll('"', '').toLowerCase();
  const fitting = values.filter(({ value, also }) =>
    [value, also ?? ''].some((text) => text.toLowerCase().startsWith(wanted) && text.toLowerCase() !== wanted),
  );
  return fitting.map(({ value, also, ...rest }) => {
    const written = `${part.slice(0, part.length - begun.length)}${quoted(value)}`;
    return { label: `${dash}${name}:${quoted(value)}`, written, alwaysShow: true, ...rest };
  });
}

interface Value extends Pick<vscode.QuickPickItem, 'description' | 'iconPath'> {
  readonly value: string;
  /** By what else it is found. */
  readonly also?: string;
}

async function valuesOf(client: BackendClient, name: FilterName, { dataset, split }: Where): Promise<Value[]> {
  switch (name) {
    case 'is':
    case 'side': {
      const { choices } = filters[name].form;
      return Object.entries(choices).map(([value, description]) => ({ value, description }));
    }
    case 'pile': {
      const piles = split === undefined ? [] : await client.call('piles/list', { clustering: split.id });
      return piles.map(({ pile, name: also, size }) => ({
        value: expertLetter(pile),
        also,
        description: `${also} · ${formatNumber(size, 'document')}`,
        iconPath: letterIcon(pile),
      }));
    }
    case 'label': {
      const { domains } = dataset ? await client.call('datasets/get', { dataset: dataset.id }) : { domains: [] };
      return domains.map((domain) => ({ value: domain.name, description: formatNumber(domain.documents, 'document') }));
    }
    case 'dataset':
      return (await client.call('datasets/list', { limit: 100 })).items.map((one) => ({
        value: one.name,
        description: formatNumber(one.documents.total, 'document'),
      }));
    case 'split':
      return (await client.call('splits/list', { limit: 100 })).items.map((one) => ({
        value: one.name,
        description: formatNumber(one.k, 'pile'),
      }));
    case 'confidence':
    case 'file':
    case 'id':
    case 'length':
    case 'position':
      return [];
  }
}
