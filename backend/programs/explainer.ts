/** The program that tells what speaks for a document's pile: `explainer <dataset folder>`; one message in, one out. */
import { evidenceFor } from '../split/describe/why';
import { readTexts } from '../store/documents';
import { explainFailure } from '../engine/failure';
import { becomeChild } from '../engine/child';

interface Question {
  /** Indices of the documents that are compared, rising, with their piles. */
  readonly documents: Int32Array;
  readonly piles: Int32Array;
  readonly k: number;
  /** The place in `documents` of the one that is asked about. */
  readonly row: number;
}

/** Characters of each document that are read. */
const longest = 20_000;

const [, , folder] = process.argv;
const { send } = becomeChild();

async function explain({ documents, piles, k, row }: Question): Promise<object> {
  const texts = await readTexts(folder, documents, longest);
  return evidenceFor(texts, piles, k, row);
}

process.once('message', (message) => {
  explain(message as Question)
    .then((evidence) => send({ evidence }))
    .catch((error: unknown) => send({ failure: explainFailure(error) }))
    .finally(() => setTimeout(() => process.exit(0), 200));
});
