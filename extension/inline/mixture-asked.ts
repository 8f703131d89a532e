/** Which mixture is asked where nobody is named. */
import type * as vscode from 'vscode';
import type { AnsweringModel } from '../../backend/protocol/answers';
import type { BackendClient } from '../backend/client';

const memoryKey = 'polymath.ask.weighting';

interface Choice {
  readonly experts: string;
  readonly weighting: string;
  /** The newest experts at that time. */
  readonly newest: string | undefined;
}

/**
 * The newest experts, weighed by their newest mixer, until the user chooses experts and a weighting. A choice holds once the weighting is
 * fitted, and until newer experts are there: whoever trains experts wants to ask these.
 */
export class MixtureAsked {
  constructor(
    private readonly client: BackendClient,
    private readonly memory: vscode.Memento,
  ) {}

  /** Among the models that the backend lists; `mixture` where nothing was chosen that is there. */
  async name(): Promise<string> {
    const choice = this.memory.get<Choice>(memoryKey);
    if (choice === undefined) return 'mixture';
    const models = await this.client.call('models/list', {});
    if (newestOf(models) !== choice.newest) return 'mixture';
    const found = models.find(({ id, experts }) => experts === choice.experts && weightingOf(id) === choice.weighting);
    return found?.id ?? 'mixture';
  }

  /** The weighting by which these experts are asked where nobody is named; undefined where others are, or none is fitted. */
  async weightingOf(experts: string): Promise<string | undefined> {
    const name = await this.name();
    const models = await this.client.call('models/list', {});
    if (models.find(({ id }) => id === name)?.experts !== experts) return undefined;
    if (name !== 'mixture') return weightingOf(name);
    const { items } = await this.client.call('mixers/list', { experts, limit: 1 });
    return items.at(0)?.weighting ?? 'probe';
  }

  async choose(experts: string, weighting: string): Promise<void> {
    const newest = newestOf(await this.client.call('models/list', {}));
    await this.memory.update(memoryKey, { experts, weighting, newest } satisfies Choice);
  }
}

/** The backend lists the newest experts first. */
const newestOf = (models: readonly AnsweringModel[]): string | undefined =>
  models.find(({ experts }) => experts !== undefined)?.experts;

/** Of `mixture:recent` and `mixture:recent@experts-…`. */
const weightingOf = (id: string): string | undefined => /^mixture:([^@]+)/.exec(id)?.[1];
