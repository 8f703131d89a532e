import { createContext, runInContext } from 'node:vm';
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { UserError } from '../../base/errors';
import { equal, type StripSide, stripSides, strftime, strip } from './python';

/** Milliseconds that a template may take: real ones take a few. */
const patience = 2000;
/** Of the template, and of what it writes, in UTF-16 units. */
const longestSource = 2 ** 20;
const longestText = 2 ** 24;
/** A template that counts further counts for the sake of counting. */
const longestRange = 100_000;

/** What a template says when a conversation does not suit it. */
class Refusal extends Error {}

/**
 * Renders a template of Jinja as transformers does. Templates come with models, from anywhere: one that fails, never ends or
 * writes without end is a UserError.
 */
export function renderJinja(source: string, variables: Readonly<Record<string, unknown>>): string {
  if (source.length > longestSource) throw failed(`it is longer than ${longestSource} characters`);
  const render = (): string => {
    const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
    speakPython(program);
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals(), ...variables })) environment.set(name, value);
    const { value } = new Interpreter(environment).run(program);
    return typeof value === 'string' ? value : '';
  };
  const text = guarded(render);
  if (text.length > longestText) throw failed(`it writes more than ${longestText} characters`);
  return text;
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
    throw failed(String(message));
  }
}

function failed(why: string): UserError {
  return new UserError(
    `The model's chat template cannot be used: ${why}.`,
    'Ask without a chat, or mend the chat template in the folder of the model.',
  );
}

function globals(): Record<string, unknown> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    raise_exception: (message: unknown) => {
      throw new Refusal(String(message));
    },
    strftime_now: (format: unknown) => strftime(new Date(), String(format)),
    [functionName('==')]: equal,
    ...Object.fromEntries(stripSides.map((side) => [functionName(side), stripping(side)])),
  };
}

function range(...limits: readonly number[]): number[] {
  const [start, stop, step = 1] = limits.length === 1 ? [0, limits[0]] : limits;
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= longestRange)) throw new Error(`it counts to ${length}`);
  return Array.from({ length }, (_, i) => start + i * step);
}

function stripping(side: StripSide): (text?: unknown, characters?: string | null) => string {
  return (text = '', characters) => {
    if (typeof text === 'string') return strip(side, text, characters);
    throw new Error(`it takes white space from what is no text`);
  };
}

// No template can have a name with a space in it.
const functionName = (name: StripSide | '=='): string => `python ${name}`;

/**
 * Where the library is not like Python, functions of ours take its place. Its `strip` takes all white space away, JavaScript's,
 * whatever characters a template names (Qwen3's names the line feed), and so does `trim`; its `==` is JavaScript's, to which an
 * empty string is false.
 */
function speakPython(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const fields = node as Record<string, unknown>;
  const replacement = inPython(fields);
  if (replacement !== undefined) {
    for (const name of Object.keys(fields)) delete fields[name];
    Object.assign(fields, replacement);
  }
  Object.values(fields).forEach(speakPython);
}

interface SyntaxNode {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly property?: SyntaxNode;
  readonly object?: unknown;
  readonly computed?: unknown;
}

function inPython(fields: Readonly<Record<string, unknown>>): object | undefined {
  const { type, args, operand, left, right } = fields;
  const { callee, filter, operator } = fields as Partial<Record<string, SyntaxNode>>;
  if (type === 'CallExpression' && callee?.type === 'MemberExpression' && callee.computed === false) {
    const side = stripSides.find((one) => one === callee.property?.value);
    return side && call(side, [callee.object, ...(args as unknown[])]);
  }
  if (type === 'FilterExpression' && filter?.type === 'Identifier' && filter.value === 'trim')
    return call('strip', [operand]);
  if (type !== 'BinaryExpression') return undefined;
  if (operator?.value === '==') return call('==', [left, right]);
  if (operator?.value !== '!=') return undefined;
  return { type: 'UnaryExpression', operator: { ...operator, value: 'not' }, argument: call('==', [left, right]) };
}

function call(name: StripSide | '==', args: readonly unknown[]): object {
  return { type: 'CallExpression', callee: { type: 'Identifier', value: functionName(name) }, args };
}
