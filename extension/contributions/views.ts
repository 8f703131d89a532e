/** The views of the side bar, and what they say while they are empty. */

export interface ContributedView {
  readonly name: string;
  /** Shows it, after the chord of all shortcuts. */
  readonly letter: string;
  /** Said where the folder has no project yet. */
  readonly before: string;
  /** Said where the project has nothing to show in it yet. */
  readonly empty: string;
  /** When it is there: always by default. */
  readonly when?: string;
}

const importing =
  '[From Corpus to Answer…](command:polymath.pipeline)\nOr step by step:\n[Import Sample Corpus](command:polymath.datasets.importSample)\n[Import Corpus…](command:polymath.datasets.import)';
const noProject = `There is no project in this folder yet. It begins with a dataset.\n${importing}\nThe sample holds nearly four thousand passages of six domains, imported in seconds.`;
const noPiles = 'Piles appear here once a dataset is split.';
const noExperts = 'Experts appear here once they are trained on the piles of a dataset.';

export const views = {
  datasets: {
    name: 'Datasets',
    letter: 'd',
    before: noProject,
    empty: `Datasets appear here once they are imported.\n${importing}`,
  },
  piles: {
    name: 'Piles',
    letter: 'i',
    before: noPiles,
    empty: `${noPiles}\n[Split into Piles…](command:polymath.datasets.split)`,
  },
  found: {
    name: 'Found',
    letter: 'o',
    before: noProject,
    empty: 'No document is like that.\n[Find Documents…](command:polymath.find)',
    when: 'polymath.found',
  },
  experts: {
    name: 'Experts',
    letter: 'x',
    before: noExperts,
    empty: `${noExperts}\n[Train Experts…](command:polymath.experts.train)\nYou can also [import experts](command:polymath.experts.import) that were trained elsewhere.`,
  },
  runs: {
    name: 'Runs',
    letter: 'r',
    before: noProject,
    empty: 'No runs yet. Imports, splits, trainings and evaluations appear here, with their progress and logs.',
  },
} satisfies Readonly<Record<string, ContributedView>>;
export type ViewName = keyof typeof views;

/** By the context key of the backend's state: what any view says where nothing can be shown. */
const hindrances: Readonly<Record<string, string>> = {
  'workspaceFolderCount == 0':
    'Polymath keeps its project in the folder that is open.\n[Open Folder](command:vscode.openFolder)',
  'workspaceFolderCount != 0 && !isWorkspaceTrusted':
    'This workspace is not trusted, so Polymath starts no process in it.\n[Manage Workspace Trust](command:workbench.trust.manage)',
  'polymath.state == stopped && polymath.stopped':
    'The backend is stopped.\n[Start Backend](command:polymath.backend.start)',
  'polymath.state == failed':
    'The backend does not run.\n[Restart Backend](command:polymath.backend.restart)\nYou can also [check the environment](command:polymath.checkEnvironment) or [open the logs](command:polymath.openLogs).',
};

const icon = 'media/icon.svg';

export function viewContributions(table: Readonly<Record<string, ContributedView>>): Readonly<Record<string, unknown>> {
  const all = Object.entries(table).map(([name, view]) => ({ id: `polymath.${name}`, ...view }));
  return {
    viewsContainers: { activitybar: [{ id: 'polymath', title: 'Polymath', icon }] },
    views: { polymath: all.map(({ id, name, when }) => ({ id, name, icon, ...(when !== undefined && { when }) })) },
    viewsWelcome: all.flatMap(({ id: view, before, empty }) => [
      ...Object.entries(hindrances).map(([when, contents]) => ({ view, when, contents })),
      { view, when: 'polymath.state == stopped && !polymath.stopped && !polymath.project', contents: before },
      {
        view,
        when: 'polymath.state == ready || polymath.project && polymath.state == starting',
        contents: empty,
      },
    ]),
  };
}
