import { createContext, runInContext } from 'node:vm';
import { UserError } from '../../../base/errors';
import { globals, Refusal } from './globals';
import { Scope } from './scope';
import { compile } from './statements';
import { toValue } from './values';

/** Milliseconds that a template may take: real ones take a few. */
const patience = 2000;
/** Of the template, in UTF-16 units. */
const longestSource = 2 ** 20;

/**
 * Renders a template of Jinja as transformers does, in whose environment nothing can be changed but namespaces. Templates come
 * with models, from anywhere: one that fails, never ends or writes without end is a UserError.
 */
export function renderJinja(source: string, variables: Readonly<Record<string, unknown>>): string {
  if (source.length > longestSource) throw failed(`it is longer than ${longestSource} characters`);
  return guarded(() => {
    const known = new Scope();
    for (const [name, value] of Object.entries(globals)) known.set(name, value);
    for (const [name, value] of Object.entries(variables)) known.set(name, toValue(value));
    return compile(source)(known);
  });
}

// Code in another context can be stopped, with all that it called. It takes a while to make one.
const stoppable = createContext({ render: (): string => '' });

function guarded(render: () => string): string {
  try {
    stoppable.render = render;
    return String(runInContext('render()', stoppable, { timeout: patience }));
  } catch (error) {
    if (error instanceof Refusal) {
      const message = `The model's chat template refuses this conversation: ${error.message}`;
      throw new UserError(message, 'Give the messages in the order that the model was trained on.');
    }
    // What comes out of the other context may be an error of that context's own classes.
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw failed(`it takes longer than ${patience / 1000} s`);
    if (/call stack/u.test(String(message))) throw failed('its parts lie too deep in each other');
    throw failed(String(message));
  }
}

function failed(why: string): UserError {
  return new UserError(
    `The model's chat template cannot be used: ${why}.`,
    'Ask without a chat, or mend the chat template in the folder of the model.',
  );
}
