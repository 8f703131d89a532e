/** Serves Home: the project at a glance, anew whenever it changes, and its runs as they go on. */
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { formatShort } from '../../backend/base/format';
import { deviceLabels } from '../../backend/base/device';
import type { RunRecord } from '../../backend/protocol/run';
import type { ShownProject, State, ToHost, ToPage } from '../../webview/home/protocol';
import { hasProject } from '../backend/project-folder';
import { meaningOf } from '../backend/state-text';
import { inTitle } from '../contributions/contribution';
import { Disposables } from '../disposables';
import { errorText } from '../errors/show';
import { formatCount, formatMemory } from '../format';
import { pipelineOf } from '../home/pipeline';
import { type Found, readProject, shownRuns, stuckRuns } from '../home/project';
import { offers } from '../offers';
import { Throttle } from '../throttle';
import type { PageLine, Page, PageParts, Server } from './page';

export const homePage: Page<ToPage, ToHost, State, State> = {
  title: 'Home',
  command: {
    title: 'Home',
    icon: 'home',
    menus: [inTitle('datasets', 'navigation@0')],
  },
  choose: () => Promise.resolve({ byItself: false }),
  protocol: () => import('../../webview/home/protocol'),
  restored: (state) => state,
  serve: (parts, line) => new HomeServer(parts, line),
};

type Facts = ShownProject['model'];

class HomeServer extends Disposables implements Server<ToHost, State> {
  private wanted: State = { byItself: false };
  private found: Found | undefined;
  private stuck: readonly RunRecord[] = [];
  /** Of base models by their names; each is looked at once. */
  private readonly facts = new Map<string, Facts>();
  /** Only the latest answer counts. */
  private asked = 0;
  private readonly project = this.add(new Throttle(() => void this.tell(), 1000));
  private readonly runs = this.add(new Throttle(() => this.tellRuns(), 250));

  constructor(
    private readonly parts: PageParts,
    private readonly line: PageLine<ToPage>,
  ) {
    super();
    const { client, activity } = parts;
    this.add(client.onResync(() => this.project.request()));
    this.add(client.onDidChangeState(() => this.project.request()));
    this.add(activity.onDidChange(() => this.runs.request()));
    this.add(
      client.onEvent(({ type }) => {
        if (type !== 'progress') this.project.request();
      }),
    );
  }

  show(wanted: State): void {
    this.wanted = wanted;
    void this.tell();
  }

  async receive(message: ToHost): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.tell();
      case 'do':
        await vscode.commands.executeCommand(message.command, ...(message.on === undefined ? [] : [message.on]));
        return;
      case 'look':
        this.wanted = { ...this.wanted, dataset: message.dataset, split: message.split };
        return this.tell();
      case 'never':
        await vscode.workspace
          .getConfiguration('polymath')
          .update('home.openByItself', false, vscode.ConfigurationTarget.Global);
        return this.show({ ...this.wanted, byItself: false });
    }
  }

  private async tell(): Promise<void> {
    const mine = ++this.asked;
    const say = (message: ToPage): void => void (mine === this.asked && this.line.post(message));
    say({ type: 'shown', byItself: this.wanted.byItself, name: this.name });
    const { client } = this.parts;
    const { state, folder } = client;
    try {
      if (!(await this.mayLook())) {
        const isNew = state.kind === 'stopped' && !state.byUser && folder !== undefined && !(await hasProject(folder));
        if (isNew) return say({ type: 'project', project: empty() });
        return say({
          type: 'words',
          text: meaningOf(state),
          failed: state.kind === 'failed',
          offers: offers[state.kind],
        });
      }
      const [found, stuck] = await Promise.all([readProject(client, this.wanted), stuckRuns(client)]);
      if (mine !== this.asked) return;
      [this.found, this.stuck] = [found, stuck];
      this.tellProject();
      this.tellRuns();
      await this.learn(found.model);
    } catch (error) {
      say({ type: 'words', text: errorText(error), failed: true, offers: offers[client.state.kind] });
    }
  }

  /** Whoever was not asked for starts no backend, even where a view would. */
  private async mayLook(): Promise<boolean> {
    const { client } = this.parts;
    const { kind } = client.state;
    return this.wanted.byItself ? kind === 'ready' || kind === 'starting' : client.mayLook();
  }

  private tellProject(): void {
    const { found } = this;
    if (found === undefined) return;
    const { activity, history } = this.parts;
    const steps = pipelineOf({ ...found, asked: history.entries.length }, activity.active);
    const model = [['Base model', found.model] as const, ...(this.facts.get(found.model) ?? []), ...deviceOf(found)];
    this.line.post({ type: 'project', project: { ...found.shown, steps, model } });
  }

  private tellRuns(): void {
    this.line.post({ type: 'runs', runs: shownRuns(this.parts.activity.active, this.stuck) });
  }

  /** What the base model is. */
  private async learn(name: string): Promise<void> {
    const { client } = this.parts;
    if (this.facts.has(name)) return;
    this.facts.set(name, []);
    const facts = await client.call('catalog/inspect', { model: name }).then(
      ({ parameters, family, context, bytes }): Facts => [
        ['Size', `${formatShort(parameters)} parameters, ${formatMemory(bytes / 2 ** 20)}`],
        ['Family', `${family}, reads ${formatCount(context)} tokens at most`],
      ],
      (error: unknown): Facts => [['Cannot be read', errorText(error)]],
    );
    this.facts.set(name, facts);
    this.tellProject();
  }

  private get name(): string {
    const { folder } = this.parts.client;
    return folder === undefined ? '' : basename(dirname(folder));
  }
}

/** Of a folder without a project: looking makes none. */
function empty(): ShownProject {
  return { steps: pipelineOf({ asked: 0 }, []), datasets: [], splits: [], model: [], disk: [] };
}

/** Where the last run computed, and why there. */
const deviceOf = ({ device }: Found): Facts =>
  device === undefined ? [] : [['Device', `${deviceLabels[device.name]}: ${device.reason}`]];
