/** How values are asked for that only the project or this machine knows. */
import { defaultsOf, type Form, type Raw, type SettingsTable, wordsOf } from '../../backend/base/settings';
import type { Polymath } from '../polymath';
import { askModel, baseModel } from './base-model';
import type { ListChoice } from './boxes';
import type { Askers } from './rows';
import type { Ask } from './steps';

export function askersOf(polymath: Polymath): Askers {
  return {
    model: (ask, value) => askModel(ask, polymath, wordsOf(value)),
    path: async (ask) => (await ask.paths({ canSelectFolders: true }))[0],
    id: (ask, _, form) => askRecord(ask, polymath, form),
  };
}

/** What has ids, by the word that they begin with. */
const listings = {
  data: 'datasets/list',
  split: 'splits/list',
  experts: 'experts/list',
} as const;

/** Something of the project, or none. */
async function askRecord(ask: Ask, { client }: Polymath, form: Form): Promise<string | undefined> {
  return ask.pick<string | undefined>(async () => {
    const kind = Object.keys(listings).find((name) => form.type === 'id' && form.of === name) as keyof typeof listings;
    const { items } = await client.call(listings[kind], { limit: 1000 });
    const none: ListChoice<string | undefined> = { label: '$(circle-slash) None', value: undefined };
    const lines = items.map(({ id, name }): ListChoice<string | undefined> => ({ label: name, detail: id, value: id }));
    return { placeholder: 'Choose one', lines: [none, ...lines] };
  });
}

/** What a wizard begins with: the defaults, and the base model that was chosen last in this project. */
export function beginningOf(polymath: Polymath, table: SettingsTable): Raw {
  const { model } = table;
  const remembered = model?.default === undefined ? {} : { model: baseModel(polymath) };
  return { ...subjectless(table), ...remembered };
}

function subjectless(table: SettingsTable): Raw {
  const rows = Object.entries(table).filter(([, { subject }]) => subject !== true);
  return defaultsOf(Object.fromEntries(rows));
}
