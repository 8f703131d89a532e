/** What package.json says, by the extension's own tables: read by scripts/contributions.mjs. */
import { commands } from '../commands/table';
import { pages } from '../pages/table';
import { settings } from '../settings';
import { manifestOf } from './manifest';
import { views } from './views';

export const manifest = manifestOf({ commands, pages, settings, views });
