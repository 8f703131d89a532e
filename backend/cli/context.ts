import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';
import { loadBrown } from '../corpus/brown';
import type { Corpus } from '../corpus/document';
import { loadCorpus } from '../corpus/load';
import { type TokenizedCorpus, tokenizeCorpus } from '../corpus/tokenized';
import { LanguageModel } from '../model/language-model';
import { exists } from '../protocol/files';
import type { Watch } from '../protocol/progress';
import { createProgressLine, type ProgressLine } from './progress-line';
import { createTerminal, type Terminal } from './terminal';

/** What every command works with. Results go to `out` (standard output), all else to standard error. */
export interface Context {
  readonly out: Terminal;
  readonly progress: ProgressLine;
  readonly watch: Watch;
}

export function createContext(signal: AbortSignal): Context {
  const progress = createProgressLine(createTerminal(process.stderr));
  return {
    out: createTerminal(process.stdout),
    progress,
    watch: { signal, report: (update) => progress.report(update) },
  };
}

/** The repository's or package's own folder: where the bundled model lies, wherever the program was built to. */
async function packageFolder(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!(await exists(join(folder, 'package.json')))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package folder was not found');
    folder = parent;
  }
  return folder;
}

/** The model that the user names, or the bundled one. */
export async function openModel(folder: string | undefined): Promise<LanguageModel> {
  return LanguageModel.open(folder ?? join(await packageFolder(), 'models', 'polymath-base'));
}

/** A corpus with what was left out of it. */
export interface ReadCorpus {
  readonly corpus: Corpus;
  readonly rejected: number;
}

/** The user's corpus, or the sample corpus where none is named. Rejected lines are listed on standard error. */
export async function readCorpus(data: string | undefined, { progress, watch }: Context): Promise<ReadCorpus> {
  if (data === undefined) return { corpus: await loadBrown(), rejected: 0 };
  const { corpus, rejected } = await loadCorpus(data, { signal: watch.signal });
  const shown = 10;
  for (const { file, line, reason } of rejected.slice(0, shown)) progress.print(`${file}, line ${line}: ${reason}`);
  if (rejected.length > shown) progress.print(`… and ${rejected.length - shown} more lines`);
  if (rejected.length > 0) progress.print(`${rejected.length} lines were left out; the rest goes on.`);
  return { corpus, rejected: rejected.length };
}

/** At most so many documents of each part, taken from the front of a seeded shuffle. */
export function sampleCorpus(
  corpus: Corpus,
  limits: Readonly<Partial<Record<'train' | 'validation' | 'test', number>>>,
): Corpus {
  return {
    name: corpus.name,
    train: corpus.train.slice(0, limits.train),
    validation: corpus.validation.slice(0, limits.validation),
    test: corpus.test.slice(0, limits.test),
  };
}

export function tokenize(corpus: Corpus, model: LanguageModel, { watch }: Context): Promise<TokenizedCorpus> {
  return tokenizeCorpus(corpus, model.tokenizer, watch);
}
