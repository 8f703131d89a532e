/** Every command. Each file of this folder has those of one subject; nothing but the extension's entry imports this table. */
import { askCommands } from './ask';
import { backendCommands } from './backend';
import type { CommandTable } from './command';
import { councilCommands } from './councils';
import { dataCommands } from './data';
import { documentCommands } from './documents';
import { endpointCommands } from './endpoint';
import { environmentCommands } from './environment';
import { evaluateCommands } from './evaluate';
import { exportCommands } from './export';
import { findCommands } from './find';
import { importCommands } from './import';
import { otherImportCommands } from './import-others';
import { labelCommands } from './labels';
import { linkCommands } from './links';
import { mergeCommands } from './merge';
import { modelCommands } from './models';
import { pageCommands } from './pages';
import { pileCommands } from './piles';
import { pipelineCommands } from './pipeline';
import { questionCommands } from './questions';
import { removalCommands } from './removal';
import { runCommands } from './runs';
import { splitCommands } from './split';
import { splitByExpertsCommands } from './split-by-experts';
import { trainCommands } from './train';
import { viewCommands } from './views';
import { weightingCommands } from './weighting';

export const commands: CommandTable = {
  ...askCommands,
  ...backendCommands,
  ...councilCommands,
  ...dataCommands,
  ...documentCommands,
  ...endpointCommands,
  ...environmentCommands,
  ...exportCommands,
  ...findCommands,
  ...labelCommands,
  ...viewCommands,
  ...pageCommands,
  ...pileCommands,
  ...pipelineCommands,
  ...linkCommands,
  ...removalCommands,
  ...evaluateCommands,
  ...importCommands,
  ...mergeCommands,
  ...modelCommands,
  ...otherImportCommands,
  ...questionCommands,
  ...runCommands,
  ...splitCommands,
  ...splitByExpertsCommands,
  ...trainCommands,
  ...weightingCommands,
};
