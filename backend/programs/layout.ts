/** The program that places the documents of a split in a plane. */
import { answerOne } from '../engine/ask-child';
import { layingOut } from '../engine/exchanges';
import { layOut } from '../split/describe/layout';
import { readTexts } from '../store/documents';

/** Characters of each document that are read. */
const longest = 20_000;

answerOne(layingOut, async ({ folder, documents, seed }) => layOut(await readTexts(folder, documents, longest), seed));
