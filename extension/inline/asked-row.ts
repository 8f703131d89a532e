/** Who answers where a row of the tree Experts is asked. */
import type { AnsweringModel } from '../../backend/protocol/answers';
import type { BackendClient } from '../backend/client';
import type { ExpertsNode } from '../views/experts';
import { chosenRows, givenId } from '../views/selection';

/** The name of the model that a command was given a row or an id of; undefined where it was given nothing that answers. */
export async function askedModel(client: BackendClient, given: readonly unknown[]): Promise<string | undefined> {
  const node = chosenRows<ExpertsNode>(given).at(0)?.value ?? given.find(isExpert);
  const experts = givenId(given, 'experts');
  if (node === undefined && experts === undefined) return undefined;
  const models = await client.call('models/list', {});
  const wanted = node === undefined ? together : namesOf(node);
  const able = models.filter((model) => model.experts === undefined || model.experts === experts);
  return wanted.map((name) => able.find((model) => shortName(model) === name)?.id).find((id) => id !== undefined);
}

/** An expert of a set, for whoever has no row of it. */
interface ExpertAddress {
  readonly experts: string;
  readonly letter: string;
}

function isExpert(value: unknown): value is ExpertAddress {
  if (typeof value !== 'object' || value === null) return false;
  const { experts, letter } = value as Partial<Record<keyof ExpertAddress, unknown>>;
  return typeof experts === 'string' && typeof letter === 'string';
}

const expertName = (letter: string): string => `expert-${letter.toLowerCase()}`;

/** The newest mixer, or equal weights where there is none. */
const together = ['mixture', 'uniform'];

/** The first of these that is there. */
function namesOf(node: ExpertsNode | ExpertAddress): readonly string[] {
  if (isExpert(node)) return [expertName(node.letter)];
  switch (node.kind) {
    case 'base':
      return ['base'];
    case 'expert':
      return [expertName(node.expert.letter)];
    case 'mixer':
      return [`mixture:${node.record.weighting ?? 'probe'}`, ...together];
    case 'council':
      return [`council:${node.record.name}`];
    case 'experts':
    case 'evaluation':
      return together;
  }
}

/** Without the experts that it belongs to. */
const shortName = ({ id, experts }: AnsweringModel): string =>
  experts !== undefined && id.endsWith(`@${experts}`) ? id.slice(0, -experts.length - 1) : id;
