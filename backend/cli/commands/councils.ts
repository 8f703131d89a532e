import { type Command, Option } from 'commander';
import { UserError } from '../../base/errors';
import { callsText, procedureData, usualProcedure } from '../../council/procedures/settings';
import { isThere, writeWhole } from '../../base/files';
import { printable } from '../../base/printable';
import type { CouncilRecord, Writer } from '../../protocol/councils';
import { memberLabel } from '../../protocol/members';
import type { Backend } from '../../protocol/messages';
import { idNamed } from '../by-names';
import { elsewhereLines, leftOutLines } from '../chat-lines';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { type CouncilOptions, contentOf } from '../council-content';
import { gatherValues } from '../options';

interface Options extends ProjectOptions, CouncilOptions {
  readonly versions?: string;
  readonly export?: string;
  readonly to?: string;
  readonly remove?: string;
}

/** What one call does: one of these, or it lists. */
const actions = ['add', 'draft', 'edit', 'versions', 'export', 'remove'] as const;

export function addCouncils(program: Command, context: CommandContext): void {
  program
    .command('councils')
    .description(
      'List the councils: experts, and chat models beside them, that come to one answer by prompt, each with a role, by a procedure.',
    )
    .option('--add <name>', 'make a council of the newest experts')
    .option('--draft <name>', 'the same, with roles and an instruction drafted from the piles that they learned from')
    .option('--guide <model>', 'with --draft: a chat model writes the roles; local, or <url>#<model> of an endpoint')
    .option('--by-expert', 'with --draft: each expert says in its own words what it knows')
    .option('--file <file>', 'make the council that a file in YAML or JSON describes; with --edit its new version')
    .option('--edit <name>', 'make a new version of a council; --versions shows the earlier ones')
    .option(
      '--role <letter=text>',
      'role of an expert, or of a chat model by its name, in it (several times); with --add the experts named alone are members, all without roles by default; else it takes the place of the one that is there',
      gatherValues,
      [],
    )
    .option(
      '--chat <model>',
      'a chat model as a further member (several times): local, or <url>#<model> of an endpoint',
      gatherValues,
      [],
    )
    .option('--instruction <text>', 'what all members are told')
    .addOption(procedureOption())
    .option('--roles <file>', 'roles from the prompts of a promptfoo configuration or a saved DSPy program, in order')
    .option('--experts <id>', 'set of experts; the newest by default')
    .option('--versions <name>', 'show every version of a council, with who wrote what')
    .option('--export <name>', 'write the file that describes a council')
    .option('--to <file>', 'with --export: where to; must not exist. To standard output by default')
    .option('--remove <id>', 'remove a council')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      () => `\nProcedures, and what they take for one prompt in a council of three:\n${procedureLines()}`,
    )
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  refuseTogether(options);
  await withBackend(context, options, false, async (backend) => {
    if (options.versions !== undefined) return showVersions(options.versions, options, backend, context);
    if (options.export !== undefined) return writeOut(options.export, options, backend, context);
    if (options.remove !== undefined) await backend.call('councils/remove', { council: options.remove });
    const made = await make(options, backend, context);
    const { items } = await backend.call('councils/list', { limit: 1000 });
    if (options.json === true) return writeJson(context, items);
    if (made !== undefined && options.add === undefined) context.out.write(toldRoles(made));
    if (made !== undefined) {
      const { members, procedure } = made;
      for (const line of [...elsewhereLines(members), ...leftOutLines(members, procedure)])
        context.progress.print(line);
    }
    for (const council of items) context.out.write(lineOf(council));
    if (items.length === 0) context.out.write('There are no councils yet: polymath councils --add NAME\n');
  });
}

function refuseTogether(options: Options): void {
  const [first, second] = actions.filter((action) => options[action] !== undefined);
  if (second !== undefined) {
    throw new UserError(`--${first} and --${second} are two things to do.`, 'Give one of them.');
  }
  const making = options.file !== undefined || ['add', 'draft', 'edit'].includes(first);
  const told = ['roles', 'instruction', 'procedure'] as const;
  const several = (['role', 'chat'] as const).find((key) => options[key].length > 0);
  const idle = several ?? told.find((key) => options[key] !== undefined);
  if (!making && idle !== undefined) {
    throw new UserError(
      `--${idle} tells of a council, and none is made.`,
      'Add --add NAME, --draft NAME or --edit NAME.',
    );
  }
  if (options.file !== undefined && (options.draft !== undefined || (first !== undefined && !making))) {
    throw new UserError(`--file does not go with --${first}.`, 'Give it alone, with --add NAME or with --edit NAME.');
  }
  if (options.draft === undefined && (options.guide !== undefined || options.byExpert === true)) {
    throw new UserError(
      `--${options.guide === undefined ? 'by-expert' : 'guide'} says who writes drafted roles.`,
      'Add --draft NAME.',
    );
  }
  if (options.to !== undefined && options.export === undefined) {
    throw new UserError('--to needs --export.', 'Add --export NAME.');
  }
}

/** Makes a council or a version, or nothing where neither was asked for. */
async function make(options: Options, backend: Backend, context: CommandContext): Promise<CouncilRecord | undefined> {
  if (options.edit === undefined) {
    if ((options.add ?? options.draft ?? options.file) === undefined) return undefined;
    return backend.call('councils/add', await contentOf(options, backend, context));
  }
  const before = await councilNamed(backend, options.edit);
  const content = await contentOf(options, backend, context, before);
  const made = await backend.call('councils/edit', {
    ...content,
    ...{ council: before.id, version: before.version ?? 1 },
  });
  if (made.version === before.version) context.progress.print('Nothing of it has changed, so there is no new version.');
  return made;
}

async function councilNamed(backend: Backend, name: string): Promise<CouncilRecord> {
  const council = await idNamed(backend, 'council', name);
  const [newest] = await backend.call('councils/versions', { council });
  return newest;
}

async function showVersions(name: string, { json }: Options, backend: Backend, context: CommandContext): Promise<void> {
  const versions = await backend.call('councils/versions', { council: name });
  if (json === true) return writeJson(context, versions);
  for (const council of versions) {
    const { version = 1, created, procedure = usualProcedure } = council;
    context.out.write(`Version ${version}, ${created.slice(0, 16).replace('T', ' ')} UTC, ${procedure}\n`);
    context.out.write(`${rolesOf(council)}\n`);
  }
}

async function writeOut(name: string, { to, json }: Options, backend: Backend, context: CommandContext): Promise<void> {
  const { text } = await backend.call('councils/write', { council: name });
  if (to === undefined) return json === true ? writeJson(context, { text }) : context.out.write(text);
  if (await isThere(to)) throw new UserError(`${to} is there already.`, 'Choose another name, or move it away.');
  await writeWhole(to, text);
  if (json === true) writeJson(context, { file: to });
  else context.out.write(`${name} is written to ${to}. Ask it from there: polymath ask --council ${to} "…"\n`);
}

function toldRoles(council: CouncilRecord): string {
  const label = memberLabel(council.members[0]);
  return `${rolesOf(council)}\nAnother role for one of them: polymath councils --edit "${council.name}" --role "${label}=…"\n\n`;
}

const writerWords: Readonly<Record<Writer, string>> = {
  drafted: 'drafted from what it learned',
  guide: 'written by a guide',
  expert: 'written by the expert',
  person: 'written by a person',
  evolved: 'evolved',
};

function rolesOf({ members, instruction, instructionBy }: CouncilRecord): string {
  const line = (who: string, text: string, by: Writer | undefined): string =>
    `${who}  ${text === '' ? '(nothing)' : printable(text)}${by === undefined ? '' : ` [${writerWords[by]}]`}\n`;
  return [
    ...members.map((member) => line(printable(memberLabel(member)), member.role, member.by)),
    line('All', instruction, instructionBy),
  ].join('');
}

function procedureOption(): Option {
  const option = new Option('--procedure <name>', `how its members come to one answer; ${usualProcedure} by default`);
  return option.choices(procedureData.map(({ name }) => name));
}

function procedureLines(): string {
  const width = Math.max(...procedureData.map(({ name }) => name.length));
  return procedureData.map((data) => `  ${data.name.padEnd(width)}  ${data.detail} (${callsText(data, 3)})\n`).join('');
}

function lineOf({ id, name, members, procedure = usualProcedure }: CouncilRecord): string {
  const labels = members.map((member) => printable(memberLabel(member))).join(', ');
  const data = procedureData.find((one) => one.name === procedure);
  const how = data === undefined ? procedure : `${data.label}, ${callsText(data, members.length)} per prompt`;
  return `${id}  ${name}: ${labels}; ${how}. Ask it: polymath ask --from "council:${name}" "…"\n`;
}
