/** Commands that no test carries out, each with the reason. */
const refreshes = 'It reads a tree again, which every event of the backend does in the tests of the trees.';
const sameAsRow = 'It does to a run what test/runs and test/server try, through the same function as Cancel Run.';
const sameExport = 'It is Export Dataset… on another row; what is written is tried in test/server/export.test.ts.';

export const untested: Readonly<Record<string, string>> = {
  'polymath.openLogs': 'It only shows an output channel of the editor.',
  'polymath.showActions': 'The item in the status bar calls it, which a test of the first run clicks.',
  'polymath.datasets.refresh': refreshes,
  'polymath.piles.refresh': refreshes,
  'polymath.experts.refresh': refreshes,
  'polymath.runs.refresh': refreshes,
  'polymath.runs.resume': sameAsRow,
  'polymath.runs.pause': sameAsRow,
  'polymath.runs.stopWithWindow': 'It is the reverse of Keep Running After Window Closes, by the same function.',
  'polymath.runs.copyId': 'It copies as Copy Id does.',
  'polymath.runs.remove': 'It asks in a modal dialog as Remove All Data… does; runs/remove is tried in test/runs.',
  'polymath.piles.rename': 'It asks in an input box of the editor; piles/rename is tried in test/store.',
  'polymath.piles.divide': 'It asks in boxes of the editor: test/ui/piles.',
  'polymath.piles.undoUnion': 'It asks in a list of the editor: test/ui/piles.',
  'polymath.piles.report': 'What it shows is looked at: test/ui/piles.',
  'polymath.piles.excludeOutliers': 'No split of the suites has outliers: test/ui/piles.',
  'polymath.piles.merge': 'It asks in a list of the editor; piles/merge is tried in test/store.',
  'polymath.documents.pin': 'It is one call, labels/pin, which is tried in test/store.',
  'polymath.documents.unpin': 'It is Pin to Its Pile the other way.',
  'polymath.links.must': 'It is Link: Must Not Share a Pile with another word.',
  'polymath.experts.remove': 'It is Remove Dataset… on another row.',
  'polymath.pipeline': 'It asks in lists of the editor: test/ui/pipeline.',
  'polymath.pipeline.answer': 'It is what the end of a pipeline does by itself: test/ui/pipeline.',
  'polymath.pages.tokens': 'Its page is opened and used: test/ui/tokens.',
  'polymath.councils.remove': 'It is Remove Dataset… on another row.',
  'polymath.export': sameExport,
  'polymath.experts.export': sameExport,
  'polymath.splits.exportLabels': sameExport,
  'polymath.evaluations.export': sameExport,
  'polymath.councils.export': sameExport,
  'polymath.documents.links': 'It shows a list of the editor; links/list and links/remove are tried in test/store.',
  'polymath.models.remove': 'It asks in a modal dialog; catalog/remove is tried in test/server/catalog.test.ts.',
};
