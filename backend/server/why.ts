import { fork } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../base/errors';
import type { Given, Result } from '../protocol/messages';
import { explainFailure, type Failure } from '../engine/failure';
import type { Assignments } from '../store/clusterings';
import type { Store } from '../store/store';
import { unionsOf } from './unions';
import { program } from '../base/package-folder';

/** Documents that one is compared with: of more an even draw. */
const most = 4000;
const all = { offset: 0, limit: 1000 };

/** As `Evidence` of split/describe/why, which a process of its own computes. */
interface Evidence {
  readonly terms: Result<'documents/why'>['terms'];
  readonly neighbours: readonly { readonly row: number; readonly similarity: number }[];
}

/** What speaks for the pile of a document. Throws UserError where it was not clustered. */
export async function whyHere(
  store: Store,
  { clustering: id, document }: Given<'documents/why'>,
): Promise<Result<'documents/why'>> {
  const placement = await store.placements.find(id, document);
  if (placement === null) {
    throw new UserError(`Document ${document} is in no pile of ${id}.`, 'Choose a document that was split.');
  }
  const clustering = await store.clusterings.get(id);
  const { dataset, k } = clustering;
  const { documents, piles } = draw(await store.clusterings.assignments(id), document);
  const row = documents.indexOf(document);
  const { terms, neighbours } = await compare(store.datasets.folderOf(dataset), { documents, piles, k, row });
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

async function compare(folder: string, question: object): Promise<Evidence> {
  const child = fork(await program('backend/programs/explainer'), [folder], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send(question);
  const [answer] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [
    { evidence?: Evidence; failure?: Failure } | number | null,
  ];
  if (typeof answer !== 'object' || answer === null) throw new Error(`the explainer ended with ${String(answer)}`);
  if (answer.evidence !== undefined) return answer.evidence;
  const { message, next } = answer.failure ?? explainFailure(new Error('the explainer gave no answer'));
  throw new UserError(message, next);
}
