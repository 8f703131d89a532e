import { formatNumber } from '../base/format';
import { join } from 'node:path';
import { UserError } from '../base/errors';
import { modelSetting } from '../base/settings';
import type { AnsweringModel } from '../protocol/answers';
import type { UnnamedCouncil } from '../protocol/councils';
import type { AnswererSpec } from '../protocol/inference';
import type { ExpertSetRecord, MixerRecord } from '../protocol/records';
import { requireMembers } from '../store/councils';
import type { Store } from '../store/store';

const all = { offset: 0, limit: 1000 };

/** Who answers under a name, and who that is made of. */
interface Answering extends AnsweringModel {
  readonly spec: () => Promise<AnswererSpec>;
}

/**
 * Everything that answers prompts. The newest experts have the short names (`mixture`, `mixture:<weighting>`, `uniform`, `expert-a`);
 * those of older sets end in `@<id of the set>`. Councils go by their own names.
 */
async function answering(store: Store): Promise<Answering[]> {
  const sets = (await store.experts.list(all)).items;
  const models: Answering[] = [];
  for (const [i, set] of sets.entries()) models.push(...(await modelsOf(store, set, i > 0)));
  for (const council of (await store.councils.list(all)).items) {
    const set = await store.experts.get(council.experts);
    models.push({
      id: `council:${council.name}`,
      name: `Council ${council.name}`,
      description: `Council of ${formatNumber(council.members.length, 'member')}: ${council.name}`,
      experts: set.id,
      created: council.created,
      spec: () => Promise.resolve(councilSpec(store, set, council)),
    });
  }
  const base = {
    id: 'base',
    name: 'Base model',
    description: 'The base model, without experts',
    created: sets.at(-1)?.created ?? epoch,
  };
  const model = sets[0]?.model ?? modelSetting.default;
  return [...models, { ...base, spec: () => Promise.resolve({ kind: 'base', model }) }];
}

const epoch = new Date(0).toISOString();

async function modelsOf(store: Store, set: ExpertSetRecord, older: boolean): Promise<Answering[]> {
  const named = (id: string, name: string): Pick<Answering, 'id' | 'name'> =>
    older ? { id: `${id}@${set.id}`, name: `${name} (${set.name})` } : { id, name };
  const mixers = (await store.mixers.list({ ...all, experts: set.id })).items;
  const common = { experts: set.id, created: set.created };
  const stack = stackOf(store, set);
  const together = `Mixture of ${formatNumber(set.experts.length, 'expert')}: ${set.name}`;
  const mixture = (id: string, name: string, description: string, mixer: MixerRecord): Answering => ({
    ...common,
    ...named(id, name),
    description,
    ...(mixer.settings?.withBase === true && { withBase: true }),
    spec: async () => ({
      kind: 'mixture',
      ...stack,
      mixer: await store.mixers.weights(mixer.id),
      project: store.folder,
    }),
  });
  // The newest mixer of each weighting; the newest of all has the short name.
  const newest = new Map(mixers.toReversed().map((one) => [one.weighting ?? 'probe', one]));
  return [
    ...mixers.slice(0, 1).map((one) => mixture('mixture', 'Mixture', together, one)),
    ...[...newest].map(([name, one]) =>
      mixture(`mixture:${name}`, `Mixture by ${name}`, `${together}, weighted by ${name}`, one),
    ),
    {
      ...common,
      ...named('uniform', 'Equal weights'),
      description: `The same experts with equal weights`,
      spec: () => Promise.resolve({ kind: 'uniform', ...stack }),
    },
    ...set.experts.map(({ letter, name }): Answering => ({
      ...common,
      ...named(`expert-${letter.toLowerCase()}`, `${letter} ${name}`),
      description: `Expert ${letter}: ${name}`,
      spec: () =>
        Promise.resolve({
          kind: 'expert',
          model: set.model,
          adapter: join(store.experts.folderOf(set.id), letter),
          name,
        }),
    })),
  ];
}

function stackOf(store: Store, set: ExpertSetRecord): { model: string; adapters: string[]; names: string[] } {
  return {
    model: set.model,
    adapters: set.experts.map(({ letter }) => join(store.experts.folderOf(set.id), letter)),
    names: set.experts.map(({ name }) => name),
  };
}

function councilSpec(
  store: Store,
  set: ExpertSetRecord,
  { members, instruction, procedure }: UnnamedCouncil,
): AnswererSpec {
  const index = (letter: string): number => set.experts.findIndex((expert) => expert.letter === letter);
  return {
    kind: 'council',
    ...stackOf(store, set),
    members: members.map((member) => {
      const { role } = member;
      return 'chat' in member ? { chat: member.chat, role } : { index: index(member.letter), role };
    }),
    instruction,
    ...(procedure === undefined ? {} : { procedure }),
  };
}

async function unkeptSpec(store: Store, council: UnnamedCouncil): Promise<AnswererSpec> {
  const set = await store.experts.get(council.experts);
  requireMembers(set, council.members);
  await store.files.require('experts', set.id);
  return councilSpec(store, set, council);
}

export async function listAnswerers(store: Store): Promise<AnsweringModel[]> {
  return (await answering(store)).map(({ spec, ...model }) => model);
}

/**
 * `base:<model>` is any base model by its name; a council that is not kept comes as it is. Throws UserError where nothing answers under
 * that name, or a member is none of the experts.
 */
export async function answererOf(store: Store, name: string | UnnamedCouncil): Promise<AnswererSpec> {
  if (typeof name !== 'string') return unkeptSpec(store, name);
  if (name.startsWith('base:')) return { kind: 'base', model: name.slice('base:'.length) };
  const models = await answering(store);
  const asked = name.trim();
  // The newest experts may be called by their id, too.
  const found = models.find(({ id, experts }) => id === asked || `${id}@${experts}` === asked);
  if (found !== undefined) {
    if (found.experts !== undefined) await store.files.require('experts', found.experts);
    return found.spec();
  }
  if (models.length === 1) {
    throw new UserError(
      `There is no ${name} yet: no experts have been trained.`,
      'Run `polymath train` first, or `polymath experts import`.',
    );
  }
  if (name === 'mixture') {
    throw new UserError('These experts have no mixer yet.', 'Ask with --uniform, or run `polymath mix` first.');
  }
  const [, weighting] = /^mixture:([^@]+)/.exec(name) ?? [];
  if (weighting !== undefined) {
    throw new UserError(
      `These experts have no mixer of the weighting ${weighting}.`,
      `Fit it first: polymath mix --weighting ${weighting}.`,
    );
  }
  const names = models.map(({ id }) => id);
  throw new UserError(`There is no model ${name}.`, `There are ${names.slice(0, 20).join(', ')}.`);
}
