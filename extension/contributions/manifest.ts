/** Makes what package.json says of the extension from its tables. `npm run contributions` writes it there. */
import type { CommandTable } from '../commands/command';
import type { PageTable } from '../pages/page';
import type { SettingEntry } from '../settings';
import { appearance } from './appearance';
import { chord, type Contribution, type Key } from './contribution';
import { type ContributedView, viewContributions } from './views';

export interface Tables {
  readonly commands: CommandTable;
  readonly pages: PageTable;
  readonly settings: Readonly<Record<string, SettingEntry>>;
  readonly views: Readonly<Record<string, ContributedView>>;
}

interface MenuEntry {
  readonly command: string;
  readonly when: string;
  readonly group?: string;
}

/** The parts of package.json that are made. */
export interface Manifest {
  readonly activationEvents: readonly string[];
  readonly contributes: Readonly<Record<string, unknown>>;
}

export function manifestOf({ commands, pages, settings, views }: Tables): Manifest {
  const entries: readonly (readonly [id: string, Contribution])[] = Object.entries(commands);
  return {
    activationEvents: [
      'workspaceContains:.polymath/project.duckdb',
      'onFileSystem:polymath-council',
      ...Object.keys(pages).map((name) => `onWebviewPanel:polymath.${name}`),
    ],
    contributes: {
      ...viewContributions(views),
      commands: entries.map(([command, { title, icon }]) => ({
        command,
        title,
        category: 'Polymath',
        ...(icon !== undefined && { icon: `$(${icon})` }),
      })),
      menus: menusOf(entries),
      keybindings: [
        ...entries.flatMap(([command, { keys = [] }]) => keys.map((key) => ({ command, ...key }))),
        ...Object.entries(views).map(([name, { letter }]) => focusKey(name, letter)),
      ],
      configuration: configurationOf(settings),
      ...appearance,
    },
  };
}

/** By menu, in the order of the commands: the editor sorts by group. */
function menusOf(entries: readonly (readonly [id: string, Contribution])[]): Readonly<Record<string, MenuEntry[]>> {
  const menus: Record<string, MenuEntry[]> = {};
  for (const [command, { menus: places = [], palette }] of entries) {
    for (const { menu, when, groups } of places)
      (menus[menu] ??= []).push(...groups.map((group) => ({ command, when, group })));
    if (palette !== undefined) (menus.commandPalette ??= []).push({ command, when: String(palette) });
  }
  return menus;
}

/** The editor itself has a command for each view, which gives it the focus. */
const focusKey = (view: string, letter: string): Key & { readonly command: string } => ({
  command: `polymath.${view}.focus`,
  ...chord(letter),
});

/** Groups and settings are numbered as they stand in the table. */
function configurationOf(settings: Tables['settings']): readonly unknown[] {
  const titles = [...new Set(Object.values(settings).map(({ group }) => group))];
  return titles.map((title, index) => {
    const members = Object.entries(settings).filter(([, { group }]) => group === title);
    const properties = members.map(([key, entry], place) => [`polymath.${key}`, propertyOf(entry, place + 1)] as const);
    return { title, order: index + 1, properties: Object.fromEntries(properties) };
  });
}

function propertyOf(entry: SettingEntry, order: number): object {
  const { scope, description } = entry;
  const isMarkdown = /[`*]/.test(description);
  return {
    type:
      typeof entry.default === 'number' && 'whole' in entry && entry.whole === true ? 'integer' : typeof entry.default,
    ...('values' in entry && { enum: Object.keys(entry.values), enumDescriptions: Object.values(entry.values) }),
    default: entry.default,
    ...('least' in entry && { minimum: entry.least }),
    ...('most' in entry && { maximum: entry.most }),
    scope,
    order,
    [isMarkdown ? 'markdownDescription' : 'description']: description,
  };
}
