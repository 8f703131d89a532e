import { type Command, Option } from 'commander';
import type { DeviceChoice } from '../../base/device';
import type { Values } from '../../base/settings';
import { UserError } from '../../base/errors';
import { baseVoice, letterIndex } from '../../base/letter';
import type { AnswerToken, Prompt } from '../../protocol/answers';
import type { UnnamedCouncil } from '../../protocol/councils';
import type { Backend } from '../../protocol/messages';
import type { Precision } from '../../base/precision';
import { readValues } from '../../base/settings-schema';
import { chatLetter, voiceOf } from '../../protocol/members';
import type { ExpertSetRecord } from '../../protocol/records';
import { answerSettings } from '../../protocol/settings';
import { askedLines, elsewhereLines } from '../chat-lines';
import { createContinuationWriter } from '../continuation';
import { readCouncilFile } from '../council-content';
import { transcriptText } from '../transcript';
import { type CommandContext, type ProjectOptions, requireModel, withBackend, writeJson } from '../context';
import { deviceOption, gatherValues, modelName, precisionOption } from '../options';
import { addSettings, toldSettings } from '../settings-flags';

interface Options extends ProjectOptions {
  readonly stop: string[];
  readonly expert?: string;
  readonly uniform?: boolean;
  readonly weighting?: string;
  readonly from?: string;
  readonly model?: string;
  readonly council?: string;
  readonly transcript?: boolean;
  readonly chat?: boolean;
  readonly system?: string;
  readonly device?: DeviceChoice;
  readonly precision: Precision;
}

export function addAsk(program: Command, context: CommandContext): void {
  const command = program
    .command('ask')
    .description(
      'Continue a prompt with the mixture, or answer it with --chat, coloured and lettered by the expert that leads each token. Into a file or another program goes the text alone.',
    )
    .argument('<prompt>', 'the text to continue, or the message to answer')
    .option('--expert <letter>', 'ask one expert alone (A, B, …), or "base" for the base model')
    .option('--uniform', 'give every expert the same say instead of asking the mixer')
    .addOption(weightingOption(context))
    .option(
      '--from <model>',
      'ask a model by its name, as `polymath serve` offers it: council:<name>, mixture@<experts>',
    )
    .addOption(
      new Option(
        '--council <file>',
        'ask the council that a file describes, see `councils --file`; it is not kept',
      ).conflicts(['from', 'model', 'expert', 'uniform', 'weighting']),
    )
    .option('--transcript', 'with a council: show what its members wrote before the answer')
    .option('--model <model>', 'ask a base model alone: a folder, org/name of the hub, smollm2, base', modelName)
    .option('--chat', "ask as in a chat: the message goes through the model's own chat template")
    .option('--system <text>', 'with --chat: what the model is told before the message')
    .option('--stop <text>', 'stop before this text (may be given several times)', gatherValues, [])
    .addOption(deviceOption())
    .addOption(precisionOption())
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print tokens and weights as JSON, and who said what in a council');
  addSettings(command, answerSettings).action(async (prompt: string, options: Options) => {
    const drawn = readValues(answerSettings, await toldSettings(command, answerSettings));
    await run(prompt, { ...options, drawn }, context);
  });
}

/** The weightings that `polymath mix` fits. */
function weightingOption({ kinds }: CommandContext): Option {
  const { form } = kinds.mix.settings.weighting;
  const option = new Option(
    '--weighting <name>',
    'the mixer of this weighting, see `polymath mix`; the newest mixer by default',
  );
  return form.type === 'choice' ? option.choices(Object.keys(form.choices)) : option;
}

function answererName({ expert, uniform, weighting, from, model }: Options): string {
  if (from !== undefined) return from;
  if (model !== undefined) return `base:${model}`;
  if (expert !== undefined) return expert.toLowerCase() === 'base' ? 'base' : `expert-${expert.toLowerCase()}`;
  if (uniform === true || weighting === 'uniform') return 'uniform';
  return weighting === undefined ? 'mixture' : `mixture:${weighting}`;
}

/** The text itself, or a conversation that it begins. */
function promptOf(text: string, { chat, system }: Options): Prompt {
  if (chat !== true && system !== undefined) throw new UserError('--system needs --chat.', 'Add --chat.');
  const told = system === undefined ? [] : [{ role: 'system' as const, content: system }];
  return chat === true ? [...told, { role: 'user', content: text }] : text;
}

async function run(
  prompt: string,
  options: Options & { drawn: Values<typeof answerSettings> },
  context: CommandContext,
): Promise<void> {
  if (options.model !== undefined) await requireModel(options.model, context);
  const ofNoProject = options.expert === 'base' || options.model !== undefined;
  await withBackend(context, options, ofNoProject, async (backend) => {
    const { drawn, stop, json, device, precision, transcript } = options;
    const model =
      options.council === undefined
        ? answererName(options)
        : await readCouncilFile(options.council, undefined, backend);
    if (transcript === true && !isCouncil(model)) {
      throw new UserError('--transcript shows what a council said.', 'Add --from council:NAME or --council FILE.');
    }
    const { out } = context;
    const members = await membersOf(backend, model);
    for (const line of elsewhereLines(members)) context.progress.print(line);
    const before = options.chat === true ? `${prompt}\n\n` : prompt;
    const writer = await answerWriter(backend, { model, members, before }, context);
    const answer = await backend.call(
      'ask',
      { model, prompt: promptOf(prompt, options), ...drawn, stop, device, precision },
      { signal: context.signal, ...(json === true || transcript === true ? {} : { onToken: writer.push }) },
    );
    const { text, experts, tokens, council } = answer;
    for (const line of askedLines(council)) context.progress.print(line);
    if (json !== true) {
      if (transcript === true) {
        out.write(transcriptText(council));
        tokens.forEach(writer.push);
      }
      return writer.end();
    }
    const pieces = tokens.map((token) => ({
      text: token.text,
      expert: experts[leaderOf(token.weights)],
      weights: token.weights,
      logProbability: token.logProbability,
    }));
    writeJson(context, { prompt, text, experts, tokens: pieces, ...(council && { council }) });
  });
}

interface WrittenAnswer {
  readonly model: string | UnnamedCouncil;
  readonly members: UnnamedCouncil['members'];
  /** What the answer goes on from. */
  readonly before: string;
}

/** Writes an answer as it comes, each token in the colour of the expert that leads it: to a file or another program the text alone. */
export async function answerWriter(
  backend: Backend,
  { model, members, before }: WrittenAnswer,
  { out }: Pick<CommandContext, 'out'>,
): Promise<{ readonly push: (token: AnswerToken) => void; readonly end: () => void }> {
  const alone = !out.interactive && out.colorDepth === 1;
  const voices = alone ? [] : await voicesOf(backend, model, members);
  const numbers = voices.map(({ letter }, i) => (letterless.includes(letter) ? letter : (letterIndex(letter) ?? i)));
  const writer = createContinuationWriter(out, numbers);
  let begun = false;
  // Only now it is sure that there is an answer: a mistake leaves standard output empty.
  const begin = (): void => {
    if (begun) return;
    begun = true;
    if (alone) return;
    writer.legend(voices.map(({ name }) => name));
    writer.prompt(before);
  };
  return {
    push: ({ text, weights }) => {
      begin();
      writer.push(text, alone || weights.length < 2 ? undefined : leaderOf(weights));
    },
    end: () => {
      begin();
      writer.end();
    },
  };
}

/** What stands in the place of a letter where somebody else than an expert speaks. */
const letterless: readonly string[] = [baseVoice.letter, chatLetter];

const leaderOf = (weights: readonly number[]): number => weights.indexOf(Math.max(...weights));

/** Letters and names for the legend: of several experts that answer together, in the order of their weights. */
async function voicesOf(
  backend: Backend,
  model: string | UnnamedCouncil,
  members: UnnamedCouncil['members'],
): Promise<readonly Pick<ExpertSetRecord['experts'][number], 'letter' | 'name'>[]> {
  if (typeof model !== 'string') {
    const set = await backend.call('experts/get', { experts: model.experts });
    return members.flatMap((member) => voiceOf(member, set.experts));
  }
  if (/^(base$|base:|expert-)/.test(model)) return [];
  const found = (await backend.call('models/list', {})).find(({ id }) => id === model);
  if (found?.experts === undefined) return [];
  const { experts } = await backend.call('experts/get', { experts: found.experts });
  if (found.withBase === true) return [...experts, baseVoice];
  if (!model.startsWith('council:')) return experts;
  return members.flatMap((member) => voiceOf(member, experts));
}

/** Those of a council; nobody of what is none. */
async function membersOf(backend: Backend, model: string | UnnamedCouncil): Promise<UnnamedCouncil['members']> {
  if (typeof model !== 'string') return model.members;
  if (!model.startsWith('council:')) return [];
  const { items } = await backend.call('councils/list', { limit: 1000 });
  return items.find(({ name }) => `council:${name}` === model.trim())?.members ?? [];
}

const isCouncil = (model: string | UnnamedCouncil): boolean =>
  typeof model !== 'string' || model.startsWith('council:');
