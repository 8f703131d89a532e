/** What people type for an id: the id, its beginning, or the name of what it stands for. */
import { UserError } from '../base/errors';
import { type Raw, wordsOf } from '../base/settings';
import { kindNamed } from '../kinds/read-spec';
import type { KindTable } from '../kinds/specs';
import { settingsFor } from '../kinds/kind';
import type { Backend, Method, Params } from '../protocol/messages';
import type { IdKind } from '../protocol/records';

interface Listed {
  readonly id: string;
  readonly name?: string | undefined;
}

/** What people call each kind, the method that lists it, and how they see the list. */
const listings = {
  data: { noun: 'dataset', method: 'datasets/list', next: 'See `polymath datasets`.' },
  questions: { noun: 'question set', method: 'questions/sets', next: 'See `polymath questions`.' },
  split: { noun: 'split', method: 'splits/list', next: 'See `polymath runs`: what a run made stands beside it.' },
  experts: { noun: 'set of experts', method: 'experts/list', next: 'See `polymath experts`.' },
  mixer: { noun: 'mixer', method: 'mixers/list', next: 'See `polymath runs`: what a run made stands beside it.' },
  council: { noun: 'council', method: 'councils/list', next: 'See `polymath councils`.' },
  run: { noun: 'run', method: 'runs/list', next: 'See `polymath runs`.' },
  eval: {
    noun: 'evaluation',
    method: 'evaluations/list',
    next: 'See `polymath runs`: what a run made stands beside it.',
  },
} as const satisfies Partial<Record<IdKind, { noun: string; method: Method; next: string }>>;
export type NamedKind = keyof typeof listings;

/** Which kind of id a parameter of the backend's methods takes. */
const parameters: Readonly<Record<string, NamedKind>> = {
  dataset: 'data',
  set: 'questions',
  clustering: 'split',
  a: 'split',
  b: 'split',
  experts: 'experts',
  mixer: 'mixer',
  council: 'council',
  run: 'run',
  evaluation: 'eval',
};

const exported: Readonly<Record<Params<'export'>['what'], NamedKind>> = {
  dataset: 'data',
  labels: 'split',
  experts: 'experts',
  council: 'council',
  evaluation: 'eval',
};

// What is made has ids of twelve characters and more behind their kind: such a one is not looked up.
const wholeId = /^[a-z]+-[0-9a-z]{12,32}$/;

/** Everything of a kind, the newest first. */
export async function listed(backend: Backend, kind: NamedKind): Promise<Listed[]> {
  const found: Listed[] = [];
  for (;;) {
    const { total, items } = await backend.call(listings[kind].method, { offset: found.length, limit: 1000 });
    found.push(...items);
    if (items.length === 0 || found.length >= total) return found;
  }
}

/**
 * The id that is meant: by itself, by the name of what it stands for, or by its beginning, with its kind or without it. Throws UserError
 * where nothing is, or several are.
 */
export async function idNamed(backend: Backend, kind: NamedKind, given: string): Promise<string> {
  if (wholeId.test(given)) return given;
  const all = await listed(backend, kind);
  const exact = all.filter(({ id, name }) => id === given || name === given);
  const begun = all.filter(({ id }) => id.startsWith(given) || id.startsWith(`${kind}-${given}`));
  const [found, ...others] = exact.length > 0 || given === '' ? exact : begun;
  const { noun, next } = listings[kind];
  if (found === undefined) throw new UserError(`There is no ${noun} ${given}.`, next);
  if (others.length === 0) return found.id;
  const candidates = [found, ...others]
    .slice(0, 10)
    .map(({ id, name }) => (name === undefined ? id : `${id} (${name})`));
  const more = others.length >= 10 ? ` and ${others.length - 9} more` : '';
  throw new UserError(
    `${given} could be each of ${others.length + 1}: ${candidates.join(', ')}${more}.`,
    'Give the id of one, or as much of it as no other has.',
  );
}

/** The same backend, with names and beginnings of ids wherever its methods take an id. */
export function byNames(backend: Backend, kinds: KindTable): Backend {
  return {
    call: async (method, params, options) =>
      backend.call(method, await withIds(backend, kinds, method, params), options),
    listen: (listener) => backend.listen(listener),
    close: () => backend.close(),
    closed: backend.closed,
  };
}

async function withIds<P extends object>(backend: Backend, kinds: KindTable, method: Method, params: P): Promise<P> {
  const changed: Record<string, unknown> = {};
  const given = params as unknown as Raw;
  for (const [key, kind] of Object.entries(kindsIn(method, given))) {
    const value = wordsOf(given[key]);
    if (value !== undefined) changed[key] = await idNamed(backend, kind, value);
  }
  const [, answerer, set] = /^([^:]+)@(.+)$/.exec(method === 'ask' ? String(given.model) : '') ?? [];
  if (set !== undefined) changed.model = `${answerer}@${await idNamed(backend, 'experts', set)}`;
  const spec = given.spec as (Raw & { readonly kind: string }) | undefined;
  if (spec !== undefined) changed.spec = { ...spec, ...(await idsOfSpec(backend, kinds, spec)) };
  return { ...params, ...changed };
}

function kindsIn(method: Method, given: Raw): Readonly<Record<string, NamedKind>> {
  if (method !== 'export') return parameters;
  return { id: exported[given.what as Params<'export'>['what']] };
}

async function idsOfSpec(backend: Backend, kinds: KindTable, spec: Raw & { readonly kind: string }): Promise<Raw> {
  const found: Record<string, string> = {};
  for (const [key, { form }] of Object.entries(settingsFor(kindNamed(kinds, spec.kind), spec))) {
    const value = wordsOf(spec[key]);
    if (form.type !== 'id' || value === undefined || !isNamed(form.of)) continue;
    found[key] = await idNamed(backend, form.of, value);
  }
  return found;
}

const isNamed = (kind: string): kind is NamedKind => Object.hasOwn(listings, kind);
