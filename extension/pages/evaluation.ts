/** Serves the page of an evaluation: its table, the questions of an exam, and what leaves it as a file, as text or as a council. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { CouncilContent } from '../../backend/protocol/councils';
import type { EvaluationTable } from '../../backend/protocol/evaluation-tables';
import type { EvolutionTable } from '../../backend/protocol/exam';
import { evolved, memberLabel } from '../../backend/protocol/members';
import type { EvaluationRecord } from '../../backend/protocol/records';
import type { Figure, Question, State, ToHost, ToPage } from '../../webview/evaluation/protocol';
import type { BackendClient } from '../backend/client';
import { having, onRow } from '../contributions/contribution';
import { Disposables } from '../disposables';
import { errorText } from '../errors/show';
import { formatDuration, formatTime } from '../format';
import { runTitle } from '../runs/text';
import { evaluationTitles } from '../views/expert-items';
import { pickEvaluation } from '../wizard/pick';
import type { PageLine, Page, PageParts, Server } from './page';

export const evaluationPage: Page<ToPage, ToHost, State, string> = {
  title: 'Evaluation',
  command: {
    title: 'Open Evaluation',
    icon: 'graph',
    palette: having('evaluations'),
    menus: [
      onRow('experts', 'evaluation', 'inline@0', '1_open@0'),
      onRow('runs', /^(run|stage):.* evaluation/, 'inline@0', '1_open@0'),
    ],
  },
  // Of the row's; from the palette one that is chosen.
  choose: async (parts, given) =>
    (await parts.dialogs.run('Evaluation', 1, (ask) => pickEvaluation(ask, parts, given))).id,
  protocol: () => import('../../webview/evaluation/protocol'),
  restored: ({ evaluation }) => evaluation,
  serve: (parts, line) => new EvaluationServer(parts, line),
};

class EvaluationServer extends Disposables implements Server<ToHost, string> {
  private evaluation = '';
  private record: EvaluationRecord | undefined;
  private shown: EvaluationTable | undefined;
  /** Those of the exam by their ids, read once. */
  private questions: Promise<ReadonlyMap<string, Question>> | undefined;

  constructor(
    private readonly parts: PageParts,
    private readonly line: PageLine<ToPage>,
  ) {
    super();
    this.add(parts.client.onResync(() => void this.tell()));
  }

  show(evaluation: string): void {
    this.evaluation = evaluation;
    this.record = undefined;
    this.questions = undefined;
    void this.tell();
  }

  async receive(message: ToHost): Promise<void> {
    const { client } = this.parts;
    switch (message.type) {
      case 'ready':
      case 'retry':
        return this.tell();
      case 'export':
        await vscode.commands.executeCommand('polymath.evaluations.export', this.evaluation);
        return;
      case 'copy':
        await vscode.env.clipboard.writeText(await markdownOf(client, this.evaluation));
        return void vscode.window.setStatusBarMessage('The evaluation is copied as Markdown.', 4000);
      case 'save':
        return savePicture(`${this.record?.name ?? 'Evaluation'}, ${message.title}`, message);
      case 'question':
        return this.tellQuestion(message.id);
      case 'adopt':
        return this.adopt(message.candidate);
    }
  }

  private async tell(): Promise<void> {
    const { evaluation } = this;
    const { client } = this.parts;
    // A later one may be shown meanwhile.
    const say = (message: ToPage): void => void (evaluation === this.evaluation && this.line.post(message));
    if (evaluation === '') return;
    if (!(await client.mayLook()))
      return say({ type: 'words', text: 'The backend does not run. Start it to see the evaluation.', failed: true });
    try {
      const record = await client.call('evaluations/get', { evaluation });
      const { tableOfEvaluation } = await import('../../backend/protocol/evaluation-tables');
      const shown = tableOfEvaluation(record);
      const told = { about: await aboutOf(client, record), origin: await originOf(client, record, shown) };
      if (evaluation !== this.evaluation) return;
      [this.record, this.shown] = [record, shown];
      say({ type: 'evaluation', id: record.id, title: record.name, ...told, shown });
    } catch (error) {
      say({ type: 'words', text: errorText(error), failed: true });
    }
  }

  /** Makes a council of the texts of a candidate. */
  private async adopt(number: number): Promise<void> {
    const { client } = this.parts;
    const table = this.shown?.kind === 'evolution' ? this.shown.table : undefined;
    const candidate = table?.candidates.find((one) => one.number === number);
    if (table === undefined || candidate === undefined) return;
    const council = await client.call('councils/add', await councilOf(client, table, candidate));
    const told = `“${council.name}” is a council of candidate ${number}’s texts.`;
    const edit = 'Edit Council…';
    if ((await vscode.window.showInformationMessage(told, edit)) === edit) {
      await vscode.commands.executeCommand('polymath.councils.edit', council.id);
    }
  }

  private async tellQuestion(id: string): Promise<void> {
    this.questions ??= questionsOf(this.parts.client, this.record);
    // The set may be gone: the exam outlives it.
    const questions = await this.questions.catch(() => new Map<string, Question>());
    this.line.post({ type: 'question', id, question: questions.get(id) });
  }
}

/** Kind, what it is of, and when; by its id what is not there any more. */
async function aboutOf(client: BackendClient, record: EvaluationRecord): Promise<string> {
  const { dataset, questions, experts, kind, created } = record;
  const named = async (id: string, read: () => Promise<{ readonly name: string } | undefined>): Promise<string> =>
    (await read().catch(() => undefined))?.name ?? id;
  const of = [
    experts && `experts ${await named(experts, () => client.call('experts/get', { experts }))}`,
    dataset && `dataset ${await named(dataset, () => client.call('datasets/get', { dataset }))}`,
    questions && `questions ${await named(questions, () => setOf(client, questions))}`,
  ];
  return [evaluationTitles[kind], ...of, formatTime(created)].filter((part) => part !== undefined).join(' · ');
}

async function setOf(client: BackendClient, questions: string) {
  const { items } = await client.call('questions/sets', { limit: 1000 });
  return items.find(({ id }) => id === questions);
}

/** Everything that is recorded of how it came about. */
async function originOf(client: BackendClient, record: EvaluationRecord, shown: EvaluationTable): Promise<Figure[]> {
  const { id, run, dataset, questions, experts, seeds } = record;
  const made = run === undefined ? undefined : await client.call('runs/get', { run }).catch(() => undefined);
  const report = shown.kind === 'comparison' ? shown.table : undefined;
  const figures: (readonly [string, string | undefined])[] = [
    ['Run', made && `${runTitle(made)}, done in ${formatDuration(made.seconds)}`],
    ['Seeds', seeds.length === 0 ? undefined : seeds.join(', ')],
    ['Polymath', report?.polymath],
    ['Machine', report && `${report.machine.cpu}, ${report.machine.cores} cores, Node ${report.machine.node}`],
    ['Evaluation', id],
    ['Of run', run],
    ['Experts', experts],
    ['Dataset', dataset],
    ['Questions', questions],
  ];
  return figures.filter((figure): figure is Figure => figure[1] !== undefined);
}

/** As the backend exports it. */
async function markdownOf(client: BackendClient, id: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  try {
    const path = join(folder, 'table.md');
    await client.call('export', { what: 'evaluation', id, format: 'md', path });
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Those of the half that was asked. */
async function questionsOf(client: BackendClient, record: EvaluationRecord | undefined) {
  const found = new Map<string, Question>();
  const { questions: set, part } = record ?? {};
  if (set === undefined) return found;
  for (let offset = 0; ;) {
    const page = await client.call('questions/list', { set, ...(part && { part }), offset, limit: 1000 });
    for (const { index: _, part: __, ...question } of page.items) found.set(question.id, question);
    offset += page.items.length;
    if (page.items.length === 0 || offset >= page.total) return found;
  }
}

/** Whom the texts of a candidate are for: the council that the evolution made or began with, whichever has its members still. */
async function councilOf(
  client: BackendClient,
  { council, from, members }: EvolutionTable,
  { number, components }: EvolutionTable['candidates'][number],
): Promise<CouncilContent> {
  const { items } = await client.call('councils/list', { limit: 1000 });
  const there = [council, from].filter((id) => items.some((one) => one.id === id));
  const versions = (await Promise.all(there.map((id) => client.call('councils/versions', { council: id })))).flat();
  const base = versions.find((one) => isDeepStrictEqual(one.members.map(memberLabel), members));
  if (base === undefined) {
    throw new UserError(
      'Neither the council that this evolution began with nor the one that it made is there any more.',
      'Evolve the roles of another council.',
    );
  }
  const { id: _, created: __, version: ___, ...content } = base;
  const origin = versions.find(({ id }) => id === from)?.name ?? base.name;
  return { ...content, ...evolved(base, components), name: freeName(origin, number, items) };
}

/** A council's name with this number, of 64 characters at most as all are; with another one where it is taken. */
function freeName(origin: string, number: number, taken: readonly { readonly name: string }[]): string {
  for (let times = 1; ; times++) {
    const end = times === 1 ? ` ${number}` : ` ${number}-${times}`;
    const name = `${origin.slice(0, 64 - end.length)}${end}`;
    if (!taken.some((one) => one.name === name)) return name;
  }
}

/** Where the person wants it. */
async function savePicture(
  name: string,
  { format, picture }: Pick<Extract<ToHost, { type: 'save' }>, 'format' | 'picture'>,
): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  // What some file system takes in no name.
  const file = `${name.replaceAll(/[\p{Cc}<>:"/\\|?*]+/gu, '-').slice(0, 120)}.${format}`;
  const uri = await vscode.window.showSaveDialog({
    title: 'Save Chart',
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, file) }),
    filters: { [format.toUpperCase()]: [format] },
  });
  if (uri === undefined) return;
  const bytes = format === 'svg' ? Buffer.from(picture) : Buffer.from(picture.replace(/^[^,]*,/, ''), 'base64');
  await vscode.workspace.fs.writeFile(uri, bytes);
  void vscode.window.showInformationMessage(`${uri.path.split('/').at(-1)} is saved.`);
}
