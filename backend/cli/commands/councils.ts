import { type Command, Option } from 'commander';
import { UserError } from '../../base/errors';
import { callsText, procedureData } from '../../council/procedures/settings';
import type { CouncilRecord } from '../../protocol/records';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { newestExperts } from '../newest';
import { gatherValues } from '../options';

interface Options extends ProjectOptions {
  readonly add?: string;
  readonly remove?: string;
  readonly instruction: string;
  readonly role: string[];
  readonly experts?: string;
  readonly procedure?: string;
}

export function addCouncils(program: Command, context: CommandContext): void {
  program
    .command('councils')
    .description('List the councils: experts that come to one answer by prompt, each with a role, by a procedure.')
    .option('--add <name>', 'make a council of the newest experts')
    .option(
      '--role <letter=text>',
      'role of an expert in it (several times); all experts, without roles, by default',
      gatherValues,
      [],
    )
    .option('--instruction <text>', 'what all members are told', '')
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
  await withBackend(context, options, false, async (backend) => {
    if (options.remove !== undefined) await backend.call('councils/remove', { council: options.remove });
    if (options.add !== undefined) {
      const experts = await newestExperts(backend, options.experts);
      const everyone = experts.experts.map(({ letter }) => ({ letter, role: '' }));
      const members = options.role.length === 0 ? everyone : options.role.map(parseRole);
      const { add: name, instruction, procedure } = options;
      const told = { name, experts: experts.id, instruction, members, ...(procedure !== undefined && { procedure }) };
      await backend.call('councils/add', told);
    }
    const { items } = await backend.call('councils/list', { limit: 1000 });
    if (options.json === true) return writeJson(context, items);
    for (const council of items) context.out.write(lineOf(council));
    if (items.length === 0) context.out.write('There are no councils yet: polymath councils --add NAME\n');
  });
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
