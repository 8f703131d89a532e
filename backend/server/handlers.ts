/** What each request of a client does: one line per method, the work is done further down. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Device } from '../base/device';
import { UserError } from '../base/errors';
import { requireProcedure } from '../council/procedures/settings';
import type { Precision } from '../base/precision';
import type { CouncilRecord } from '../protocol/councils';
import type { BackendEvent } from '../protocol/event';
import { type Given, type Handlers, methods, type Result } from '../protocol/messages';
import { program } from '../base/package-folder';
import { version } from '../base/version';
import { askChild } from '../engine/ask-child';
import { chatting } from '../engine/exchanges';
import { inquire } from '../engine/inquire';
import { readMetrics } from '../engine/metrics';
import { logFile, metricsFile } from '../engine/run-files';
import { answererOf, listAnswerers } from './answering';
import { environmentChecks, folderBytes } from './doctor';
import { addComposites } from './compose-questions';
import { councilFileOf } from './council-file';
import { readCouncil } from './read-council';
import { draftCouncil, type RoleWriters } from './draft-council';
import { type EmbedOnDevice, OpenAiEndpoint } from './endpoint';
import { exportFrom } from './export';
import { Finder } from './find';
import { Layouter } from './layout';
import { outcomesOf } from './outcomes';
import type { Project } from './project';
import { splitReport } from './split-report';
import { listUnions } from './unions';
import { explainPile } from './why';

function writtenCouncil(council: CouncilRecord): Result<'councils/write'> {
  return { text: councilFileOf(council), version: council.version ?? 1, created: council.created };
}

/** Tokens of a guide's reply at most: models that think aloud need some. */
const guideTokens = 300;

type Changed = Extract<BackendEvent, { type: 'changed' }>;

/** `end`: what ends the backend where a client may ask for that. */
export function createHandlers(project: Project, end?: () => void): { handlers: Handlers; endpoint: OpenAiEndpoint } {
  const { store, queue, inference, events } = project;
  const ask: Handlers['ask'] = async ({ model, stream, device: wanted, ...rest }, options) => {
    const found = await answererOf(store, model);
    // Where a council has members of the editor's models.
    const answerer = found.kind === 'council' && queue.guide ? { ...found, offer: queue.guide } : found;
    return inference.ask({ answerer, device: await deviceFor(wanted, rest.precision), ...rest }, options);
  };
  // Rounded weights are for the processor, so where nobody wants another device that is where they go.
  const deviceFor = async (wanted: Given<'ask'>['device'], precision: Precision = 'full'): Promise<Device> =>
    (await project.devices.choose(precision === 'full' ? wanted : (wanted ?? 'cpu'))).name;
  const embed: EmbedOnDevice = async ({ model, device: wanted, precision, texts }, options) => {
    const answers = (await models()).some(({ id }) => id === model);
    const by = answers ? await answererOf(store, model) : { kind: 'encoder' as const, model };
    return inference.embed({ by, texts, device: await deviceFor(wanted, precision), precision }, options);
  };
  const roleWriters = (signal: AbortSignal | undefined): RoleWriters => ({
    askGuide: async (model, base, conversations) => {
      const asked = {
        ...{ model, base, device: await deviceFor(undefined), maxTokens: guideTokens },
        conversations: conversations.map((turns) => [...turns]),
        ...(queue.guide && { offer: queue.guide }),
      };
      return askChild(await program('backend/programs/chat'), chatting, asked, { signal });
    },
    goOn: async (model, prompt) => {
      const asked = { model, prompt, maxTokens: 40, temperature: 0, stop: ['\n'], shorten: true };
      return (await ask(methods.ask.params.parse(asked), signal ? { signal } : {})).text;
    },
  });
  const finder = new Finder(store);
  const layouter = new Layouter(store);
  const models = (): Promise<Result<'models/list'>> => listAnswerers(store);
  const endpoint = new OpenAiEndpoint({ models, ask, embed });
  /** Does something, then tells every client that a listing changed. */
  const changing = async <T>(what: Changed['what'], id: string, action: Promise<T>): Promise<T> => {
    const result = await action;
    events.publish({ type: 'changed', what, id });
    return result;
  };
  const nothing = async (action: Promise<unknown>): Promise<Record<string, never>> => {
    await action;
    return {};
  };
  const pages = <T>(items: readonly T[], { offset, limit }: { offset: number; limit: number }) => ({
    total: items.length,
    items: items.slice(offset, offset + limit),
  });

  const handlers: Handlers = {
    'project/info': () => projectInfo(project),
    'project/close': () => nothing(askToEnd(end)),
    'datasets/list': (params) => store.datasets.list(params),
    'datasets/get': ({ dataset }) => store.datasets.get(dataset),
    'datasets/remove': ({ dataset }) => nothing(changing('datasets', dataset, store.datasets.remove(dataset))),
    'documents/list': (params) => store.documents.list(params),
    'documents/at': ({ dataset, indices }) => store.documents.at(dataset, indices),
    'documents/find': (params, { signal }) => finder.find(params, signal),
    'documents/get': ({ dataset, index }) => store.documents.get(dataset, index),
    'documents/why': (params, options) => explainPile(store, params, options),
    'rejections/list': ({ dataset, ...page }) => store.documents.rejections(dataset, page),
    'questions/sets': (params) => store.questions.listSets(params),
    'questions/list': ({ set, ...page }) => store.questions.list(set, page),
    'questions/compose': (params) => changing('questions', params.set, addComposites(store, params)),
    'splits/list': (params) => store.splits.list(params),
    'splits/get': ({ clustering }) => store.splits.get(clustering),
    'splits/compare': ({ a, b }) => store.splits.compare(a, b),
    'splits/report': async ({ clustering }) => ({
      markdown: splitReport(await store.splits.get(clustering), project.registries.methods),
    }),
    'splits/unions': (params) => listUnions(store, params),
    'splits/remove': ({ clustering }) => nothing(changing('splits', clustering, store.splits.remove(clustering))),
    'splits/layout': ({ clustering }) => layouter.layout(clustering),
    'posteriors/get': ({ clustering, ...page }) => store.splits.posteriors(clustering, page),
    'piles/list': ({ clustering }) => store.piles.list(clustering),
    'piles/documents': (params) => store.piles.listDocuments(params),
    'piles/find': ({ clustering, document, pile }) => store.placements.find(clustering, document, pile),
    'piles/domains': ({ clustering }) => store.piles.domains(clustering),
    'piles/rename': ({ clustering, pile, name }) =>
      nothing(changing('piles', clustering, store.piles.rename(clustering, pile, name))),
    'piles/merge': async ({ clustering, pile, into }) => ({
      documents: await changing('piles', clustering, store.pileChanges.merge(clustering, pile, into)),
    }),
    'labels/move': async ({ clustering, documents, to }) => ({
      moves: await changing('piles', clustering, store.labels.move(clustering, documents, to)),
    }),
    'labels/exclude': async ({ dataset, documents, excluded }) => ({
      exclusions: await changing('exclusions', dataset, store.exclusions.set(dataset, documents, excluded)),
    }),
    'labels/pin': async ({ clustering, documents, pinned }) => ({
      pins: await changing('piles', clustering, store.pins.set(clustering, documents, pinned)),
    }),
    'labels/undo': async ({ clustering }) => {
      const undone = await changing('piles', clustering, store.labels.undo(clustering));
      const [exclusion] = undone.exclusions;
      if (exclusion !== undefined) events.publish({ type: 'changed', what: 'exclusions', id: exclusion.dataset });
      const [change] = undone.links;
      if (change !== undefined) events.publish({ type: 'changed', what: 'links', id: change.link.dataset });
      return undone;
    },
    'labels/list': ({ clustering, ...page }) => store.labels.list(clustering, page),
    'links/add': (params) => changing('links', params.dataset, store.links.add(params)),
    'links/remove': ({ link }) => nothing(changing('links', link, store.links.remove(link))),
    'links/list': ({ dataset, ...page }) => store.links.list(dataset, page),
    'experts/list': (params) => store.experts.list(params),
    'experts/get': ({ experts }) => store.experts.get(experts),
    'experts/remove': ({ experts }) => nothing(changing('experts', experts, store.experts.remove(experts))),
    'mixers/list': (params) => store.mixers.list(params),
    'councils/list': (params) => store.councils.list(params),
    'councils/add': (params) => {
      requireProcedure(params.procedure);
      return changing('councils', params.name, store.councils.add(params));
    },
    'councils/edit': ({ council, version, ...content }) => {
      requireProcedure(content.procedure);
      return changing('councils', council, store.councils.edit(council, content, version));
    },
    'councils/versions': ({ council }) => store.councils.versions(council),
    'councils/read': (params) => readCouncil(store, params),
    'councils/write': async ({ council }) => writtenCouncil(await store.councils.get(council)),
    'councils/draft': (params, { signal }) => draftCouncil(store, params, roleWriters(signal)),
    'councils/remove': ({ council }) => nothing(changing('councils', council, store.councils.remove(council))),
    'evaluations/list': (params) => store.evaluations.list(params),
    'evaluations/get': ({ evaluation }) => store.evaluations.get(evaluation),
    'runs/list': ({ state, parent, ...page }) => Promise.resolve(pages(queue.list(state, parent), page)),
    'runs/get': ({ run }) => Promise.resolve(queue.get(run)),
    'runs/start': ({ spec, ...how }) => project.start(spec, how),
    'runs/check': ({ spec, again }) => nothing(project.check(spec, again)),
    'runs/keep': ({ run, keep }) => queue.keep(run, keep),
    'runs/cancel': ({ run }) => queue.cancel(run),
    'runs/pause': ({ run }) => queue.pause(run),
    'runs/resume': ({ run }) => project.resume(run),
    'runs/remove': ({ run }) => nothing(changing('runs', run, project.removeRun(run))),
    'runs/annotate': (params) => changing('runs', params.run, store.runs.annotate(params)),
    'runs/notes': () => store.runs.notes(),
    'runs/outcomes': ({ made }) => outcomesOf(store, made),
    'runs/estimate': ({ spec }, { signal }) => project.estimate(spec, signal),
    'runs/metrics': ({ run, after, limit }) =>
      readMetrics(metricsFile(queue.folderOf(queue.get(run).id)), after, limit),
    'runs/log': ({ run, offset }) => readLog(logFile(queue.folderOf(queue.get(run).id)), offset),
    'source/inspect': (params, { signal }) => inquire('source/inspect', params, signal),
    'catalog/list': (params, { signal }) => inquire('catalog/list', params, signal),
    'catalog/inspect': (params, { signal }) => inquire('catalog/inspect', params, signal),
    'catalog/verify': (params, { signal }) => inquire('catalog/verify', params, signal),
    'catalog/removal': (params, { signal }) => inquire('catalog/removal', params, signal),
    'catalog/remove': (params, { signal }) => inquire('catalog/remove', params, signal),
    'models/list': models,
    ask,
    export: (params) => exportFrom(store, params),
    doctor: async () => [...(await environmentChecks(project.folder)), ...(await store.files.check())],
    'project/check': () => store.files.check(),
    'project/set-aside': async () => ({ files: await store.files.setAside() }),
    'endpoint/start': (params) => endpoint.start(params),
    'endpoint/stop': () => nothing(endpoint.stop()),
    'guide/offer': (offer) => {
      queue.guide = offer;
      return Promise.resolve({});
    },
  };
  return { handlers, endpoint };
}

async function projectInfo({ store, folder }: Project): Promise<Result<'project/info'>> {
  const parts = ['datasets', 'experts', 'runs', 'tasks'];
  const sizes = await Promise.all(parts.map((part) => folderBytes(join(folder, part))));
  const bytes = {
    database: await databaseBytes(folder),
    ...Object.fromEntries(parts.map((part, i) => [part, sizes[i]])),
  };
  return { folder, schema: store.schema, version, counts: await store.counts(), bytes };
}

/** The database with its log and its backup. */
async function databaseBytes(folder: string): Promise<number> {
  const names = ['', '.wal', '.backup'].map((suffix) => join(folder, `project.duckdb${suffix}`));
  const sizes = await Promise.all(
    names.map((name) =>
      stat(name).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The reply goes before the end, which begins with files. */
function askToEnd(end: (() => void) | undefined): Promise<void> {
  if (end === undefined) {
    const message = 'A command in a terminal has the project open.';
    return Promise.reject(new UserError(message, 'Wait until it is done, or end it there.'));
  }
  end();
  return Promise.resolve();
}

const logPage = 256 * 1024;

/** A page of a log from a byte on; empty at its end. */
async function readLog(path: string, offset: number): Promise<Result<'runs/log'>> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return { text: '', next: offset };
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(logPage), 0, logPage, offset);
    return { text: buffer.toString('utf8', 0, bytesRead), next: offset + bytesRead };
  } finally {
    await file.close();
  }
}
