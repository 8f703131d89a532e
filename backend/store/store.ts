import type { Outcome } from '../protocol/outcome';
import type { RunRecord } from '../protocol/run';
import { Splits } from './splits';
import { Datasets } from './datasets';
import { Documents } from './documents';
import { Evaluations } from './evaluations';
import { Files } from './files';
import { Exclusions } from './exclusions';
import { Councils } from './councils';
import { ExpertSets, Mixers } from './experts';
import { Labels } from './labels';
import { Layouts } from './layouts';
import { Links } from './links';
import { PileChanges } from './pile-changes';
import { Piles } from './piles';
import { Pins } from './pins';
import { Placements } from './placements';
import { backUp, closeProject, openProject, repairProject, type ProjectFile, type Repair } from './project-file';
import { Questions } from './questions';
import { countOf } from './record-table';
import { Runs, saveRun } from './runs';
import { Selections } from './selections';
import { migrations, type Migration } from './schema';
import type { StoreSession } from './session';

/**
 * What a project keeps in its folder `.polymath`: one process owns it, and others ask that one. All methods may be
 * called at any time and side by side. When a method that changes something resolves, the change is on disk.
 */
export class Store {
  readonly datasets: Datasets;
  readonly documents: Documents;
  readonly questions: Questions;
  readonly splits: Splits;
  readonly piles: Piles;
  readonly pileChanges: PileChanges;
  readonly placements: Placements;
  readonly labels: Labels;
  readonly pins: Pins;
  readonly exclusions: Exclusions;
  readonly selections: Selections;
  readonly layouts: Layouts;
  readonly links: Links;
  readonly experts: ExpertSets;
  readonly mixers: Mixers;
  readonly councils: Councils;
  readonly runs: Runs;
  readonly evaluations: Evaluations;
  readonly files: Files;
  /** How many files of an earlier version were hashed as they were when the project was opened. */
  adopted = 0;

  private constructor(
    private readonly file: ProjectFile,
    /** The number of the file's schema. */
    readonly schema: number,
  ) {
    const { database, folder } = file;
    this.datasets = new Datasets(database, folder);
    this.files = new Files(database, folder);
    this.documents = new Documents(database, this.datasets, this.files);
    this.questions = new Questions(database);
    this.splits = new Splits(database, folder);
    this.piles = new Piles(database, this.documents);
    this.pileChanges = new PileChanges(database);
    this.placements = new Placements(database, this.documents);
    this.labels = new Labels(database);
    this.pins = new Pins(database);
    this.exclusions = new Exclusions(database);
    this.selections = new Selections(database, this.documents);
    this.layouts = new Layouts(database);
    this.links = new Links(database);
    this.experts = new ExpertSets(database, folder);
    this.mixers = new Mixers(database);
    this.councils = new Councils(database);
    this.runs = new Runs(database, folder);
    this.evaluations = new Evaluations(database);
  }

  /**
   * Opens the project of a folder, which is made where there is none; a file of an older schema is backed up and
   * brought up to date. Throws UserError where another process has it open, where a newer Polymath wrote it, where the
   * folder cannot be written, and DamagedProjectError where the file is damaged; none of these changes the file.
   */
  static async open(folder: string, known: readonly Migration[] = migrations): Promise<Store> {
    const file = await openProject(folder, known);
    const store = new Store(file, known.length);
    if (file.upgraded && known === migrations) store.adopted = await store.files.adopt();
    return store;
  }

  /**
   * Puts the last backup in force in the place of a damaged file, which is kept; undefined where the file is whole. Throws UserError
   * where that cannot be done, InUseError where another process has it open.
   */
  static repair(folder: string): Promise<Repair | undefined> {
    return repairProject(folder);
  }

  /** The project's folder, symbolic links resolved. */
  get folder(): string {
    return this.file.folder;
  }

  /** Takes over all that a run made, and the run itself, in one transaction. What is there already stays as it is. */
  add(outcome: Outcome, run?: RunRecord): Promise<void> {
    return this.file.database.write(async (session) => {
      await this.insert(session, outcome);
      await this.files.record(session, outcome);
      await saveRun(session, run);
    });
  }

  /** How many there are of each kind. */
  counts(): Promise<Record<string, number>> {
    const tables = ['datasets', 'question_sets', 'clusterings', 'experts', 'mixers', 'councils', 'evaluations', 'runs'];
    // Tables keep the names that they had in earlier versions.
    const names: Readonly<Record<string, string>> = { question_sets: 'questions', clusterings: 'splits' };
    return this.file.database.read(async (session) => {
      const counts: Record<string, number> = {};
      for (const table of tables) counts[names[table] ?? table] = await countOf(session, `FROM ${table}`);
      return counts;
    });
  }

  /** Whether anything was written since the last backup. */
  get changed(): boolean {
    return this.file.database.changed;
  }

  /** Copies the project's file; the last backup stays until the new one has been read back. Writers wait meanwhile. */
  backup(): Promise<void> {
    return backUp(this.file);
  }

  /** Waits for what is under way, then lets go of the file. */
  close(): Promise<void> {
    return closeProject(this.file);
  }

  /** Each thing after those that it names. */
  private async insert(session: StoreSession, made: Outcome): Promise<void> {
    const { dataset, questions, split, splits = [], experts, mixer, council, evaluation } = made;
    if (dataset !== undefined) await this.datasets.insert(session, dataset);
    if (questions !== undefined) await this.questions.insert(session, questions.set, questions.questions);
    if (split !== undefined) await this.splits.insert(session, split.clustering, split.rows);
    for (const one of splits) await this.splits.insert(session, one.clustering, one.rows);
    if (experts !== undefined) await this.experts.insert(session, experts);
    if (mixer !== undefined) await this.mixers.insert(session, mixer.record, mixer.weights);
    if (council !== undefined) await this.councils.insert(session, council);
    if (evaluation !== undefined) await this.evaluations.insert(session, evaluation);
  }
}
