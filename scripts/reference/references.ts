/** What is written into the docs from the tables of the product: read by scripts/docs.mjs. */
import { variables } from '../../backend/base/environment';
import { createContext } from '../../backend/cli/context';
import { createProgram } from '../../backend/cli/program';
import { runKinds } from '../../backend/kinds/specs';
import { answerSettings } from '../../backend/protocol/settings';
import { splitMethods } from '../../backend/split/methods/settings';
import { commands } from '../../extension/commands/table';
import { views } from '../../extension/contributions/views';
import { settings } from '../../extension/settings';
import { commandsReference } from './commands';
import { type Floors, withFloors } from './floors';
import { settingsReference } from './settings';

/** Each file by its path, as it should be; `architecture` is ARCHITECTURE.md as it is. */
export function references(architecture: string, floors: Floors): Readonly<Record<string, string>> {
  const program = createProgram(createContext(new AbortController().signal));
  return {
    'docs/settings.md': settingsReference({
      kinds: runKinds,
      methods: splitMethods,
      answer: answerSettings,
      editor: settings,
      variables,
      program,
    }),
    'docs/commands.md': commandsReference(program, { commands, views }),
    'ARCHITECTURE.md': withFloors(architecture, floors),
  };
}
