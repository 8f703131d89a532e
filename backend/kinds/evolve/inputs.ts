import { z } from 'zod';
import { UserError } from '../../base/errors';
import { councilName, councilRecord } from '../../protocol/councils';
import { expertSetRecord } from '../../protocol/records';
import type { Store } from '../../store/store';
import { askedQuestions, councilOf, gatherQuestions, requireQuestions } from '../exam/inputs';
import { gatherExperts, type KindInputs } from '../shared/inputs';
import type { EvolveSpec } from './spec';

const schema = askedQuestions.extend({
  experts: expertSetRecord,
  council: councilRecord,
  /** [members]: words of the pile that each learned from, the most telling first; none where it learned from none. */
  terms: z.array(z.array(z.string())),
  /** Of the council that is made. */
  name: z.string(),
});
export type EvolveInputs = z.infer<typeof schema>;

/** Of the questions those of the held-out half alone: the test half is for exams. */
export const evolveInputs: KindInputs<EvolveSpec, EvolveInputs> = {
  schema,
  gather: async (store, spec) => {
    const experts = await gatherExperts(store, spec.experts);
    const council = await councilOf(store, experts, spec.council);
    const found = await gatherQuestions(store, spec.questions, 'choices');
    const questions = requireQuestions(found, 'heldout');
    const piles = experts.clustering === undefined ? [] : await store.piles.list(experts.clustering);
    const terms = council.members.map((member) => {
      const expert = experts.experts.find((one) => 'letter' in member && one.letter === member.letter);
      return piles.find(({ pile }) => pile === expert?.pile)?.terms ?? [];
    });
    const name = await nameFor(store, spec, council.name);
    return { ...found, experts, council, questions, terms, name };
  },
};

/** A name that no council has. Throws UserError where the one that was asked for is taken. */
async function nameFor(store: Store, { name, algorithm }: EvolveSpec, from: string): Promise<string> {
  const taken = async (wanted: string): Promise<boolean> =>
    (await store.councils.list({ offset: 0, limit: 1, name: wanted })).total > 0;
  if (name !== undefined) {
    const { error } = councilName.safeParse(name);
    if (error !== undefined)
      throw new UserError(`A council cannot be called "${name}": ${error.issues[0].message}.`, 'Give another {name}.');
    if (!(await taken(name))) return name;
    throw new UserError(`There is a council "${name}" already.`, 'Give another {name}, or remove that one.');
  }
  for (let number = 1; ; number++) {
    const wanted = `${from.slice(0, 50)} ${algorithm}${number === 1 ? '' : ` ${number}`}`;
    if (!(await taken(wanted))) return wanted;
  }
}
