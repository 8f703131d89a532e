/** The program that tells what speaks for a document's pile. */
import { answerOne } from '../engine/ask-child';
import { explaining } from '../engine/exchanges';
import { evidenceFor } from '../split/describe/why';
import { readTexts } from '../store/documents';

/** Characters of each document that are read. */
const longest = 20_000;

answerOne(explaining, async ({ folder, documents, piles, k, row }) =>
  evidenceFor(await readTexts(folder, documents, longest), piles, k, row),
);
