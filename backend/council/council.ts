/** A council: experts that answer one prompt together by prompt, each with a role, by a procedure. */
import { type Answerer, type AnswererKind, answererKind, type LoadedModel, namedAdapters } from '../answer/answerer';
import { fits, openingOf } from '../answer/prompt';
import { singleAnswerer } from '../answer/single';
import { togetherAnswerer, type Voice } from '../answer/together';
import { UserError } from '../base/errors';
import { type AnswererSpec, answererSpecs } from '../protocol/inference';
import { memberPrompt, type Procedure, type Seats } from './procedure';

type CouncilSpec = Extract<AnswererSpec, { kind: 'council' }>;

/** The kind of answerer that a council is. Of the given procedures the first is that of councils that name none. */
export function councilKind(procedures: readonly [Procedure, ...Procedure[]]): AnswererKind {
  return answererKind('council', answererSpecs.council, (spec) => ({
    adapters: namedAdapters(spec),
    open: (loaded) => seatedCouncil(loaded, spec, procedureNamed(spec.procedure, procedures)),
  }));
}

/** Of the given procedures the one of this name; the first where there is no name. Throws UserError where none has it. */
export function procedureNamed(name: string | undefined, procedures: readonly [Procedure, ...Procedure[]]): Procedure {
  const found = name === undefined ? procedures[0] : procedures.find((procedure) => procedure.name === name);
  if (found !== undefined) return found;
  const known = procedures.map((procedure) => procedure.name).join(', ');
  throw new UserError(`No procedure of councils is called ${name}.`, `Make the council anew, with one of: ${known}.`);
}

/** Members take their seats on a model in memory, with the adapters that they name by position. Throws UserError where one is not there. */
export function seatedCouncil(
  loaded: LoadedModel,
  { members, instruction }: Pick<CouncilSpec, 'members' | 'instruction'>,
  procedure: Procedure,
): Answerer {
  const { model } = loaded;
  const voices = members.map(({ index, role }): Voice & { readonly role: string } => ({
    ...expertOf(loaded, index),
    role,
    told: (prompt) => memberPrompt(role, instruction, prompt),
  }));
  const seats: Seats = {
    members: voices.map(({ name, role, stack }) => ({
      name,
      role,
      answerer: singleAnswerer({ model, stack, experts: [name] }),
    })),
    together: togetherAnswerer(model, voices),
    instruction,
    fits: (prompt, maxTokens) => fits(model, prompt, maxTokens),
  };
  const experts = seats.members.map(({ name }) => name);
  return {
    experts,
    answer: async (prompt, settings, watch) => {
      if (settings.echo) {
        throw new UserError(
          'A council cannot tell how likely a prompt is: its members differ.',
          'Ask one of its members.',
        );
      }
      const promptTokens = openingOf(model, prompt, settings).tokens.length;
      const { council, ...answer } = await procedure.answer(seats, prompt, settings, watch);
      const told = council === undefined ? {} : { council: { ...council, procedure: procedure.name } };
      return { ...answer, ...told, experts, promptTokens };
    },
    score: (passages, options = {}) => procedure.score(seats, passages, options),
  };
}

function expertOf({ stack, experts }: LoadedModel, index: number): Pick<Voice, 'name' | 'stack'> {
  if (stack === undefined || index >= stack.count) {
    throw new UserError(
      `The council names expert ${index}, and there are ${stack?.count ?? 0}.`,
      'Make the council anew.',
    );
  }
  return { name: experts[index], stack: stack.part(index, 1) };
}
