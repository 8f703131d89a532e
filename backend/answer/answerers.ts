/** Who answers prompts: base models, experts, mixtures and councils, opened on first use and kept for the next prompt. */
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deliberate, memberPrompt } from '../council/council';
import { mixtureCombine, uniformCombine } from '../mixing/decode';
import { type Mixer, mixerFromJson } from '../mixing/mixer';
import { type AdapterStack, stackAdapters } from '../model/adapters/adapter';
import { readConfig } from '../model/architectures/config';
import { Decoder } from '../model/decoding/decoder';
import { type Combine, generate, single } from '../model/decoding/generate';
import { adapterKey, LanguageModel, type OpenOptions } from '../model/language-model';
import { loadAdapter } from '../model/adapters/peft/load';
import { score } from '../model/score';
import { findModel } from '../model-files/source';
import { UserError } from '../base/errors';
import type { Answer, GivenRequest, Speaker } from '../protocol/inference';
import type { AnswerToken } from '../protocol/messages';
import { answerBeginning, openingOf } from './prompt';
import { Shelf } from '../base/cache';

export interface AskWatch {
  readonly signal: AbortSignal;
  readonly onToken: (token: AnswerToken) => void;
}

type Council = Extract<Speaker, { kind: 'council' }>;

/** A speaker with its model and adapters in memory. */
interface Voice {
  readonly model: LanguageModel;
  readonly stack: AdapterStack | undefined;
  /** In the order of the weights. */
  readonly experts: readonly string[];
}

export class Speakers {
  // A model's compiled graphs each hold a copy of its weights, one graph for each shape of adapters: so few of them are kept.
  private readonly models = new Shelf<LanguageModel>(3, (model) => model.dispose());
  private readonly stacks = new Shelf<AdapterStack>(8);

  /**
   * Answers a prompt. Throws UserError where the speaker cannot be opened or the prompt is longer than the model reads, and the
   * signal's reason once it is aborted.
   */
  answer(request: GivenRequest, watch: AskWatch): Promise<Answer> {
    const { speaker } = request;
    return this.open(request, (voice) => {
      watch.signal.throwIfAborted();
      if (speaker.kind === 'council') return answerAsCouncil(voice, speaker, request, watch);
      return write(voice, combination(speaker, voice), request, watch);
    });
  }

  private async open<R>({ speaker, device, precision }: GivenRequest, work: (voice: Voice) => Promise<R>): Promise<R> {
    const folders = adapterFolders(speaker);
    const { folder } = await findModel(speaker.model);
    const place = { folder, device, precision };
    if (folders.length === 0) {
      return this.withModel(place, undefined, (model) => work({ model, stack: undefined, experts: ['base'] }));
    }
    return this.stacks.use(
      JSON.stringify([folder, folders]),
      () => openStack(folder, folders),
      (stack) => {
        const experts = expertNames(speaker, folders);
        return this.withModel(place, stack, (model) => work({ model, stack, experts }));
      },
    );
  }

  private withModel<R>(
    { folder, ...options }: { readonly folder: string } & Required<Pick<OpenOptions, 'device' | 'precision'>>,
    stack: AdapterStack | undefined,
    work: (model: LanguageModel) => Promise<R>,
  ): Promise<R> {
    return this.models.use(
      `${options.device} ${options.precision} ${folder} ${adapterKey(stack)}`,
      () => LanguageModel.open(folder, options),
      work,
    );
  }
}

function adapterFolders(speaker: Speaker): readonly string[] {
  if (speaker.kind === 'base') return [];
  return speaker.kind === 'expert' ? [speaker.adapter] : speaker.adapters;
}

function expertNames(speaker: Speaker, folders: readonly string[]): string[] {
  const given = speaker.kind === 'base' ? [] : speaker.kind === 'expert' ? [speaker.name] : (speaker.names ?? []);
  return folders.map((folder, i) => given[i] ?? basename(folder));
}

async function openStack(model: string, folders: readonly string[]): Promise<AdapterStack> {
  const config = await readConfig(join(model, 'config.json'));
  return stackAdapters(await Promise.all(folders.map((folder) => loadAdapter(folder, config))));
}

function combination(speaker: Speaker, { model, experts }: Voice): Combine {
  if (speaker.kind === 'uniform') return uniformCombine(experts.length);
  if (speaker.kind !== 'mixture') return single;
  return mixtureCombine(fittingMixer(speaker.mixer, experts.length, model.config.hiddenSize));
}

function fittingMixer(json: unknown, k: number, D: number): Mixer {
  const next = 'Train a mixer for these experts.';
  let mixer: Mixer;
  try {
    mixer = mixerFromJson(json);
  } catch {
    throw new UserError('The mixer is damaged.', next);
  }
  const { probes } = mixer;
  if (probes.length === k && probes.every(({ weights }) => weights.length === D)) return mixer;
  throw new UserError(`The mixer was trained for ${probes.length} experts of another kind, not for these ${k}.`, next);
}

/** Continues the prompt with what one voice says. */
async function write(
  { model, stack, experts }: Voice,
  combine: Combine,
  request: GivenRequest,
  { signal, onToken }: AskWatch,
): Promise<Answer> {
  const opening = openingOf(model, request);
  const { tokens: prompt, endTokens } = opening;
  const coder = { endTokens, bytesOf: (token: number) => model.tokenizer.bytesOf(token) };
  const settings = { ...request, stop: [...request.stop, ...opening.stop] };
  const begin = answerBeginning(opening);
  const decoder = await Decoder.create(model, stack);
  const tokens: AnswerToken[] = [];
  let finish: Answer['finish'] = 'length';
  try {
    for await (const piece of generate(decoder, coder, prompt, settings, combine)) {
      const { logProbability, weights, alternatives } = piece;
      const token = { text: begin(piece.text), logProbability, weights: [...weights], alternatives: [...alternatives] };
      tokens.push(token);
      onToken(token);
      finish = piece.finish ?? finish;
      // The others' turn: one token each, and messages are heard.
      await nextTurn();
      signal.throwIfAborted();
    }
  } finally {
    decoder.dispose();
  }
  const text = tokens.map((token) => token.text).join('');
  return { text, finish, experts: [...experts], promptTokens: prompt.length, tokens };
}

async function answerAsCouncil(
  { model, stack: all, experts }: Voice,
  { members, instruction }: Council,
  request: GivenRequest,
  { signal, onToken }: AskWatch,
): Promise<Answer> {
  const { tokens: prompt } = openingOf(model, request);
  const stacks = members.map(({ index }) => memberStack(all, index));
  const bench = stackAdapters(stacks);
  const names = members.map(({ index }) => experts[index]);
  const { drafts, winner } = await deliberate(members.length, {
    draft: (member) => {
      const voice = { model, stack: stacks[member], experts: [names[member]] };
      const own = { ...request, prompt: memberPrompt(members[member].role, instruction, request.prompt) };
      return write(voice, single, own, { signal, onToken: () => undefined });
    },
    judge: (draft) => {
      signal.throwIfAborted();
      return likelihoods(model, bench, prompt, Int32Array.from(model.tokenizer.tokens(draft.text)));
    },
  });
  const weights = names.map((_, member) => (member === winner ? 1 : 0));
  const tokens = drafts[winner].draft.tokens.map((token) => ({ ...token, weights }));
  tokens.forEach(onToken);
  const told = drafts.map(({ draft, scores, votes }, member) => ({
    expert: names[member],
    text: draft.text,
    scores: [...scores],
    votes,
  }));
  const { text, finish } = drafts[winner].draft;
  const council = { winner, drafts: told };
  return { text, finish, experts: names, promptTokens: prompt.length, tokens, council };
}

function memberStack(all: AdapterStack | undefined, index: number): AdapterStack {
  if (all !== undefined && index < all.count) return all.part(index, 1);
  throw new UserError(`The council names expert ${index}, and there are ${all?.count ?? 0}.`, 'Make the council anew.');
}

/** Mean log-probability (nats) of a draft's tokens after the prompt, under each expert; nothing for a draft without tokens. */
async function likelihoods(
  model: LanguageModel,
  stack: AdapterStack,
  prompt: Int32Array,
  draft: Int32Array,
): Promise<number[]> {
  const sequence = Int32Array.from([...prompt, ...draft]).subarray(0, model.config.maxPositions);
  const [nll] = await score(model, [sequence], stack);
  const n = sequence.length - prompt.length;
  if (n === 0) return [];
  const length = sequence.length - 1;
  return Array.from({ length: stack.count }, (_, e) => {
    const end = (e + 1) * length;
    return -nll.subarray(end - n, end).reduce((total, nats) => total + nats, 0) / n;
  });
}
