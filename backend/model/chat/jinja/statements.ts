/** Reads a whole template; each statement becomes a function that writes. */
import { type Expression, Expressions } from './expressions';
import { cut } from './lexer';
import { callValue } from './lookup';
import { makeLoop } from './loop';
import { filled, type Parameter } from './macro';
import { Page } from './page';
import { Scope } from './scope';
import { Tokens } from './tokens';
import { isThing, iterate, kindOf, present, textOf, type Thing, truth, type Value } from './values'; // prettier-ignore

/** How a statement ended, where it ended a loop or a turn of one. */
type Ending = 'break' | 'continue' | undefined;
type Statement = (scope: Scope, page: Page) => Ending;
type Target = (scope: Scope, value: Value) => void;

/** How deep statements may lie in each other. */
const deepest = 200;
/** And how deep macros and loops may call each other. */
const deepestCalls = 200;

/** A template as a function of its variables. Throws where it is none. */
export function compile(template: string): (scope: Scope) => string {
  const reader = new Statements(new Tokens(cut(template)));
  const run = reader.untilTags();
  reader.end();
  return (scope) => written(run, new Scope(scope));
}

function written(body: Statement, scope: Scope): string {
  const page = new Page();
  body(scope, page);
  return page.text;
}

class Statements {
  private readonly expressions: Expressions;
  private depth = 0;
  private loops = 0;

  constructor(private readonly tokens: Tokens) {
    this.expressions = new Expressions(tokens);
  }

  end(): void {
    if (!this.tokens.is('over')) throw this.tokens.unexpected('the end of the template');
  }

  /** What stands before one of these tags, whose name is read, or before the end of the template. */
  untilTags(...names: readonly string[]): Statement {
    const { tokens } = this;
    if (++this.depth > deepest) throw new Error('its statements lie too deep in each other');
    const statements: Statement[] = [];
    for (;;) {
      const { type, value } = tokens.next();
      if (type === 'over') {
        if (names.length > 0) throw new Error(`${names.at(-1)} is missing`);
        break;
      }
      if (type === 'data') statements.push(writing(() => value));
      else if (type === 'print') {
        const printed = this.expressions.tuple();
        tokens.expect('end');
        statements.push(writing((scope) => textOf(printed(scope))));
      } else if (tokens.is('name', ...names) && names.length > 0) break;
      else statements.push(this.statement(tokens.expect('name')));
    }
    this.depth--;
    return (scope, page) => {
      for (const statement of statements) {
        const ending = statement(scope, page);
        if (ending !== undefined) return ending;
      }
      return undefined;
    };
  }

  private statement(name: string): Statement {
    const statement = Object.hasOwn(this.kinds, name) ? this.kinds[name]() : undefined;
    if (statement !== undefined) return statement;
    throw new Error(`there is no tag '${name}'`);
  }

  private readonly kinds: Readonly<Record<string, () => Statement>> = {
    if: () => this.if(),
    for: () => this.for(),
    set: () => this.set(),
    macro: () => this.macro(),
    call: () => this.call(),
    filter: () => {
      const [value, body] = this.filterBody((read) => this.expressions.filtered(read), 'endfilter');
      return writing((scope) => textOf(value(written(body, new Scope(scope)), scope)));
    },
    with: () => this.with(),
    generation: () => this.section('endgeneration'),
    block: () => {
      this.tokens.expect('name');
      return this.section('endblock');
    },
    break: () => this.leaving('break'),
    continue: () => this.leaving('continue'),
  };

  /** The statements up to a tag, which is read to its end. */
  private body(...names: readonly string[]): Statement {
    this.tokens.expect('end');
    return this.untilTags(...names);
  }

  private closed(name: string): Statement {
    const body = this.body(name);
    this.tokens.next();
    if (name === 'endblock' && this.tokens.is('name')) this.tokens.next();
    this.tokens.expect('end');
    return body;
  }

  private section(end: string): Statement {
    const body = this.outsideLoops(() => this.closed(end));
    return writing((scope) => written(body, new Scope(scope)));
  }

  private leaving(how: 'break' | 'continue'): Statement {
    if (this.loops === 0) throw new Error(`'${how}' stands outside a loop`);
    this.tokens.expect('end');
    return () => how;
  }

  /** A body of its own, out of which no loop is left. */
  private outsideLoops<T>(read: () => T): T {
    const { loops } = this;
    this.loops = 0;
    const result = read();
    this.loops = loops;
    return result;
  }

  private if(): Statement {
    const { tokens } = this;
    const branches: (readonly [Expression, Statement])[] = [];
    let otherwise: Statement = () => undefined;
    let tag = 'elif';
    while (tag !== 'endif') {
      const asked: Expression = tag === 'elif' ? this.expressions.tuple(false) : () => true;
      const body = tag === 'elif' ? this.body('elif', 'else', 'endif') : this.body('endif');
      if (tag === 'elif') branches.push([asked, body]);
      else otherwise = body;
      tag = tokens.next().value;
    }
    tokens.expect('end');
    return (scope, page) => {
      const branch = branches.find(([asked]) => truth(asked(scope)));
      return (branch?.[1] ?? otherwise)(scope, page);
    };
  }

  private for(): Statement {
    const { tokens, expressions } = this;
    const target = this.target();
    tokens.expect('name', 'in');
    const over = expressions.tuple(false);
    const chosen = tokens.skip('name', 'if') ? expressions.one() : undefined;
    const recursive = tokens.skip('name', 'recursive');
    this.loops++;
    const body = this.body('else', 'endfor');
    this.loops--;
    const hasElse = tokens.next().value === 'else';
    const otherwise: Statement = hasElse ? this.closed('endfor') : () => undefined;
    if (!hasElse) tokens.expect('end');
    const run = (given: Value, scope: Scope, page: Page, depth: number): Ending => {
      if (depth > deepestCalls) throw new Error('a loop calls itself without end');
      const items = iterate(given).filter((item) => {
        if (chosen === undefined) return true;
        const inner = new Scope(scope);
        target(inner, item);
        return truth(chosen(inner));
      });
      const again = (value: Value): string => written((own, inner) => run(value, own, inner, depth + 1), scope);
      const loop = makeLoop(items, depth, recursive ? again : undefined);
      for (const item of items) {
        const inner = new Scope(scope);
        inner.set('loop', loop.next());
        target(inner, item);
        if (body(inner, page) === 'break') break;
      }
      return items.length === 0 ? otherwise(new Scope(scope), page) : undefined;
    };
    return (scope, page) => run(over(scope), scope, page, 0);
  }

  /** A name, an attribute of a namespace, or several of them. */
  private target(): Target {
    const { tokens } = this;
    const one = (): Target => {
      if (tokens.skip('operator', '(')) {
        const inner = this.target();
        tokens.expect('operator', ')');
        return inner;
      }
      const name = tokens.expect('name');
      if (!tokens.skip('operator', '.')) return (scope, value) => scope.set(name, value);
      const attribute = tokens.expect('name');
      return (scope, value) => setAttribute(scope.get(name), attribute, value);
    };
    const targets = [one()];
    let several = false;
    while (tokens.skip('operator', ',')) {
      several = true;
      if (!tokens.is('name') || tokens.is('name', 'in')) break;
      targets.push(one());
    }
    if (!several) return targets[0];
    return (scope, value) => {
      const items = iterate(present(value));
      if (items.length !== targets.length) throw new Error(`${items.length} values are set to ${targets.length} names`);
      targets.forEach((set, i) => set(scope, items[i]));
    };
  }

  private set(): Statement {
    const { tokens } = this;
    const target = this.target();
    if (tokens.skip('operator', '=')) {
      const value = this.expressions.tuple();
      tokens.expect('end');
      return (scope) => void target(scope, value(scope));
    }
    const through = tokens.skip('operator', '|');
    const [value, body] = this.filterBody((read) => (through ? this.expressions.filtered(read) : read), 'endset');
    return (scope) => void target(scope, value(written(body, new Scope(scope)), scope));
  }

  /** What filters make of a body. */
  private filterBody(
    through: (read: Expression) => Expression,
    end: string,
  ): readonly [value: (text: string, scope: Scope) => Value, body: Statement] {
    const name = 'the body';
    const filtered = through((scope) => scope.get(name));
    const body = this.outsideLoops(() => this.closed(end));
    const value = (text: string, scope: Scope): Value => {
      const inner = new Scope(scope);
      inner.set(name, text);
      return filtered(inner);
    };
    return [value, body];
  }

  private with(): Statement {
    const { tokens } = this;
    const values: (readonly [Target, Expression])[] = [];
    while (!tokens.is('end')) {
      if (values.length > 0) tokens.expect('operator', ',');
      const name = tokens.expect('name');
      tokens.expect('operator', '=');
      values.push([(scope, value) => scope.set(name, value), this.expressions.one()]);
    }
    const body = this.closed('endwith');
    return (scope, page) => {
      const inner = new Scope(scope);
      for (const [set, value] of values) set(inner, value(scope));
      return body(inner, page);
    };
  }

  private macro(): Statement {
    const name = this.tokens.expect('name');
    const make = this.function(name, 'endmacro');
    return (scope) => void scope.set(name, make(scope));
  }

  private call(): Statement {
    const { tokens, expressions } = this;
    const parameters = tokens.is('operator', '(') ? this.parameters() : [];
    const [callee, args] = expressions.callAtEnd();
    const make = this.function('caller', 'endcall', parameters);
    return writing((scope) => {
      const [places, named] = args(scope);
      return textOf(callValue(callee(scope), places, named.set('caller', make(scope))));
    });
  }

  private parameters(): Parameter[] {
    const { tokens } = this;
    const parameters: Parameter[] = [];
    tokens.expect('operator', '(');
    while (!tokens.is('operator', ')')) {
      if (parameters.length > 0) tokens.expect('operator', ',');
      const name = tokens.expect('name');
      parameters.push([name, tokens.skip('operator', '=') ? this.expressions.one() : undefined]);
    }
    tokens.expect('operator', ')');
    return parameters;
  }

  /** What a macro, or the body of a call, is made of where it stands. */
  private function(name: string, end: string, parameters = this.parameters()): (scope: Scope) => Thing {
    const body = this.outsideLoops(() => this.closed(end));
    let depth = 0;
    return (scope) => ({
      kind: 'Macro',
      attribute: (asked) => (asked === 'name' ? name : undefined),
      call: (args, named) => {
        if (++depth > deepestCalls) throw new Error(`${name} calls itself without end`);
        const text = written(body, filled(name, parameters, new Scope(scope), args, named));
        depth--;
        return text;
      },
    });
  }
}

function writing(text: (scope: Scope) => string): Statement {
  return (scope, page) => void page.write(text(scope));
}

function setAttribute(value: Value, name: string, held: Value): void {
  if (!isThing(value) || value.assign === undefined) throw new Error(`cannot assign attribute on a ${kindOf(value)}`);
  if (name.startsWith('_')) throw new Error(`a namespace holds no '${name}'`);
  value.assign(name, held);
}
