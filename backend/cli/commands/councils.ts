import type { Command } from 'commander';
import { UserError } from '../../base/errors';
import { type CommandContext, type ProjectOptions, withBackend, writeJson } from '../context';
import { newestExperts } from '../newest';
import { gatherValues } from '../options';

interface Options extends ProjectOptions {
  readonly add?: string;
  readonly remove?: string;
  readonly instruction: string;
  readonly role: string[];
  readonly experts?: string;
}

export function addCouncils(program: Command, context: CommandContext): void {
  program
    .command('councils')
    .description('List the councils: experts that draft an answer each and vote for the best one.')
    .option('--add <name>', 'make a council of the newest experts')
    .option(
      '--role <letter=text>',
      'role of an expert in it (several times); all experts, without roles, by default',
      gatherValues,
      [],
    )
    .option('--instruction <text>', 'what all members are told', '')
    .option('--experts <id>', 'set of experts; the newest by default')
    .option('--remove <id>', 'remove a council')
    .option('--project <folder>', 'project folder', '.polymath')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  await withBackend(context, options, false, async (backend) => {
    if (options.remove !== undefined) await backend.call('councils/remove', { council: options.remove });
    if (options.add !== undefined) {
      const experts = await newestExperts(backend, options.experts);
      const everyone = experts.experts.map(({ letter }) => ({ letter, role: '' }));
      const members = options.role.length === 0 ? everyone : options.role.map(parseRole);
      const { add: name, instruction } = options;
      await backend.call('councils/add', { name, experts: experts.id, instruction, members });
    }
    const { items } = await backend.call('councils/list', { limit: 1000 });
    if (options.json === true) return writeJson(context, items);
    for (const { id, name, members } of items) {
      const letters = members.map(({ letter }) => letter).join(', ');
      context.out.write(`${id}  ${name}: ${letters}. Ask it: polymath ask --from "council:${name}" "…"\n`);
    }
    if (items.length === 0) context.out.write('There are no councils yet: polymath councils --add NAME\n');
  });
}

function parseRole(given: string): { letter: string; role: string } {
  const [, letter, role] = /^([A-Za-z]+)=(.*)$/s.exec(given) ?? [];
  if (letter === undefined) throw new UserError(`"${given}" names no expert.`, 'Write --role "A=You are a physician."');
  return { letter: letter.toUpperCase(), role };
}
