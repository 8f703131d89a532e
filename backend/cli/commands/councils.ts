import { type Command, Option } from 'commander';
import { UserError } from '../../base/errors';
import { callsText, procedureData } from '../../council/procedures/settings';
import { printable } from '../../base/printable';
import type { Backend } from '../../protocol/messages';
import type { CouncilRecord } from '../../protocol/records';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { newestExperts } from '../newest';
import { gatherValues } from '../options';

interface Options extends ProjectOptions {
  readonly add?: string;
  readonly draft?: string;
  readonly remove?: string;
  readonly instruction?: string;
  readonly role: string[];
  readonly experts?: string;
  readonly procedure?: string;
}

export function addCouncils(program: Command, context: CommandContext): void {
  program
    .command('councils')
    .description('List the councils: experts that come to one answer by prompt, each with a role, by a procedure.')
    .option('--add <name>', 'make a council of the newest experts')
    .option('--draft <name>', 'the same, with roles and an instruction drafted from the piles that they learned from')
    .option(
      '--role <letter=text>',
      'role of an expert in it (several times); with --add those named alone are members, all without roles by default; with --draft it takes the place of the drafted one',
      gatherValues,
      [],
    )
    .option('--instruction <text>', 'what all members are told')
    .addOption(procedureOption())
    .option('--experts <id>', 'set of experts; the newest by default')
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
  if (options.add !== undefined && options.draft !== undefined) {
    throw new UserError('--add and --draft both make a council.', 'Give one of them.');
  }
  await withBackend(context, options, false, async (backend) => {
    if (options.remove !== undefined) await backend.call('councils/remove', { council: options.remove });
    const name = options.draft ?? options.add;
    const made = name === undefined ? undefined : await make(name, options, backend);
    const { items } = await backend.call('councils/list', { limit: 1000 });
    if (options.json === true) return writeJson(context, items);
    if (options.draft !== undefined && made !== undefined) context.out.write(toldRoles(made));
    for (const council of items) context.out.write(lineOf(council));
    if (items.length === 0) context.out.write('There are no councils yet: polymath councils --add NAME\n');
  });
}

async function make(name: string, options: Options, backend: Backend): Promise<CouncilRecord> {
  const { id: experts, experts: all } = await newestExperts(backend, options.experts);
  const given = options.role.map(parseRole);
  const plain = given.length > 0 ? given : all.map(({ letter }) => ({ letter, role: '' }));
  const drafted = options.draft === undefined ? undefined : await backend.call('councils/draft', { experts });
  return backend.call('councils/add', {
    name,
    experts,
    instruction: options.instruction ?? drafted?.instruction ?? '',
    members: drafted === undefined ? plain : withRoles(drafted.members, given),
    ...(options.procedure !== undefined && { procedure: options.procedure }),
  });
}

/** Given roles stand in the place of the others; a letter that is none of theirs is refused with the council. */
function withRoles(members: CouncilRecord['members'], given: CouncilRecord['members']): CouncilRecord['members'] {
  const strangers = given.filter(({ letter }) => !members.some((member) => member.letter === letter));
  return [...members.map((member) => given.findLast(({ letter }) => letter === member.letter) ?? member), ...strangers];
}

function toldRoles({ members, instruction }: CouncilRecord): string {
  const roles = members.map(({ letter, role }) => `${letter}  ${printable(role)}\n`).join('');
  return `${roles}All  ${printable(instruction)}\n\nAnother role for one of them: --role "${members[0].letter}=…" with --draft.\n\n`;
}

function procedureOption(): Option {
  const [{ name: usual }] = procedureData;
  const option = new Option('--procedure <name>', `how its members come to one answer; ${usual} by default`);
  return option.choices(procedureData.map(({ name }) => name));
}

function procedureLines(): string {
  const width = Math.max(...procedureData.map(({ name }) => name.length));
  return procedureData.map((data) => `  ${data.name.padEnd(width)}  ${data.detail} (${callsText(data, 3)})\n`).join('');
}

function lineOf({ id, name, members, procedure = procedureData[0].name }: CouncilRecord): string {
  const letters = members.map(({ letter }) => letter).join(', ');
  const data = procedureData.find((one) => one.name === procedure);
  const how = data === undefined ? procedure : `${data.label}, ${callsText(data, members.length)} per prompt`;
  return `${id}  ${name}: ${letters}; ${how}. Ask it: polymath ask --from "council:${name}" "…"\n`;
}

function parseRole(given: string): { letter: string; role: string } {
  const [, letter, role] = /^([A-Za-z]+)=(.*)$/s.exec(given) ?? [];
  if (letter === undefined) throw new UserError(`"${given}" names no expert.`, 'Write --role "A=You are a physician."');
  return { letter: letter.toUpperCase(), role };
}
