/** The program that places the documents of a split in a plane: `layout <dataset folder>`; one message in, one out. */
import { layOut } from '../split/describe/layout';
import { readTexts } from '../store/documents';
import { explainFailure } from '../engine/failure';
import { becomeChild } from '../engine/child';

interface Question {
  /** Indices in the dataset, rising. */
  readonly documents: Int32Array;
  readonly seed: number;
}

/** Characters of each document that are read. */
const longest = 20_000;

const [, , folder] = process.argv;
const { send } = becomeChild();

process.once('message', (message) => {
  const { documents, seed } = message as Question;
  readTexts(folder, documents, longest)
    .then((texts) => send({ answer: layOut(texts, seed) }))
    .catch((error: unknown) => send({ failure: explainFailure(error) }))
    .finally(() => setTimeout(() => process.exit(0), 200));
});
