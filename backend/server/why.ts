import { UserError } from '../base/errors';
import type { CallOptions, Given, Result } from '../protocol/messages';
import { askChild } from '../engine/ask-child';
import { explaining } from '../engine/exchanges';
import type { Assignments } from '../store/splits';
import type { Store } from '../store/store';
import { unionsOf } from './unions';
import { program } from '../base/package-folder';

/** Documents that one is compared with: of more an even draw. */
const most = 4000;
const all = { offset: 0, limit: 1000 };

/** What speaks for the pile of a document. Throws UserError where it was not clustered, AbortError where the signal ends it. */
export async function explainPile(
  store: Store,
  { clustering: id, document }: Given<'documents/why'>,
  { signal }: CallOptions = {},
): Promise<Result<'documents/why'>> {
  const placement = await store.placements.find(id, document);
  if (placement === null) {
    throw new UserError(`Document ${document} is in no pile of ${id}.`, 'Choose a document that was split.');
  }
  const clustering = await store.splits.get(id);
  const { dataset, k } = clustering;
  const { documents, piles } = draw(await store.splits.assignments(id), document);
  const row = documents.indexOf(document);
  await store.files.require('datasets', dataset);
  const question = { folder: store.datasets.folderOf(dataset), documents, piles, k, row };
  const explainer = await program('backend/programs/explainer');
  const { terms, neighbours } = await askChild(explainer, explaining, question, { signal });
  const near = new Map(neighbours.map((other) => [documents[other.row], { ...other, pile: piles[other.row] }]));
  const rows = await store.documents.at(dataset, [...near.keys()]);
  const byIndex = new Map(rows.map((found) => [found.index, found]));
  const posteriors = await store.placements.posteriors(id, document);
  return {
    placement,
    ...(posteriors === undefined ? {} : { posteriors }),
    terms,
    neighbours: [...near].flatMap(([index, { pile, similarity }]) => {
      const found = byIndex.get(index);
      return found === undefined ? [] : [{ document: found, pile, similarity }];
    }),
    compared: documents.length,
    unions: (await unionsOf(store, clustering, placement.row.id)).slice(0, mostUnions),
    moves: (await store.labels.list(id, { ...all, document })).items,
    links: (await store.links.list(dataset, { ...all, document })).items,
  };
}

/** Those that told something are few; what came later joined larger clusters. */
const mostUnions = 5;

/** Evenly over all, the document among them. */
function draw({ documents, piles }: Assignments, document: number): Assignments {
  const step = Math.max(1, documents.length / most);
  const rows = new Set([documents.indexOf(document)]);
  for (let at = 0; at < documents.length; at += step) rows.add(Math.floor(at));
  const chosen = Int32Array.from(rows).sort();
  return { documents: chosen.map((row) => documents[row]), piles: chosen.map((row) => piles[row]) };
}
