/** Reads Jinja's expressions; each becomes a function that gives its value. */
import { names } from './names';
import { callValue, getAttribute, getItem } from './lookup';
import { binary, comparisons, signed, sliceOf } from './operators';
import type { Scope } from './scope';
import type { Tokens } from './tokens';
import { Dict, Float, iterate, textOf, truth, Tuple, Undefined, type Value } from './values';

export type Expression = (scope: Scope) => Value;

/** How deep expressions may lie in each other. */
const deepest = 200;

export type Arguments = (scope: Scope) => readonly [args: Value[], named: Map<string, Value>];

export class Expressions {
  private depth = 0;

  constructor(private readonly tokens: Tokens) {}

  /** One expression, with `a if b else c` unless that would be a filter of a loop. */
  one = (withCondition = true): Expression => {
    if (++this.depth > deepest) throw new Error('its expressions lie too deep in each other');
    const read = withCondition ? this.condition() : this.or();
    this.depth--;
    return read;
  };

  /** An expression, or a tuple of them without parentheses. */
  tuple(withCondition = true): Expression {
    return this.listed(() => this.one(withCondition)) ?? this.fail();
  }

  /** The arguments of a call, from its parenthesis on. */
  args(): Arguments {
    const { tokens } = this;
    const places: (readonly [spread: boolean, value: Expression])[] = [];
    const named: (readonly [name: string | undefined, value: Expression])[] = [];
    tokens.expect('operator', '(');
    while (!tokens.is('operator', ')')) {
      if (tokens.skip('operator', '*')) places.push([true, this.one()]);
      else if (tokens.skip('operator', '**')) named.push([undefined, this.one()]);
      else if (
        tokens.current.type === 'name' &&
        tokens.following.type === 'operator' &&
        tokens.following.value === '='
      ) {
        const name = tokens.next().value;
        tokens.next();
        named.push([name, this.one()]);
      } else if (named.length > 0) throw new Error('an argument without a name follows one with a name');
      else places.push([false, this.one()]);
      if (!tokens.skip('operator', ',')) break;
    }
    tokens.expect('operator', ')');
    return (scope) => [
      places.flatMap(([spread, value]) => (spread ? iterate(value(scope)) : [value(scope)])),
      new Map(
        named.flatMap(([name, value]) =>
          name === undefined ? spreadNames(value(scope)) : [[name, value(scope)] as const],
        ),
      ),
    ];
  }

  /** The filters behind a value, the first one's name being next. */
  filtered(value: Expression): Expression {
    const { tokens } = this;
    const name = this.dotted();
    const args = tokens.is('operator', '(') ? this.args() : none;
    const read: Expression = (scope) => names.filter(name)(value(scope), ...args(scope), names);
    return tokens.skip('operator', '|') ? this.filtered(read) : read;
  }

  private condition(): Expression {
    let value = this.or();
    while (this.tokens.skip('name', 'if')) {
      const [yes, asked] = [value, this.or()];
      const no: Expression = this.tokens.skip('name', 'else')
        ? this.condition()
        : () => new Undefined('a condition without else did not hold');
      value = (scope) => (truth(asked(scope)) ? yes(scope) : no(scope));
    }
    return value;
  }

  private or(): Expression {
    let value = this.and();
    while (this.tokens.skip('name', 'or')) {
      const [left, right] = [value, this.and()];
      value = (scope) => {
        const first = left(scope);
        return truth(first) ? first : right(scope);
      };
    }
    return value;
  }

  private and(): Expression {
    let value = this.not();
    while (this.tokens.skip('name', 'and')) {
      const [left, right] = [value, this.not()];
      value = (scope) => {
        const first = left(scope);
        return truth(first) ? right(scope) : first;
      };
    }
    return value;
  }

  private not(): Expression {
    let negations = 0;
    while (this.tokens.skip('name', 'not')) negations++;
    const value = this.comparison();
    if (negations === 0) return value;
    return (scope) => truth(value(scope)) === (negations % 2 === 0);
  }

  private comparison(): Expression {
    const { tokens } = this;
    const first = this.sum();
    const rest: (readonly [sign: string, value: Expression])[] = [];
    for (;;) {
      if (tokens.is('operator') && Object.hasOwn(comparisons, tokens.current.value))
        rest.push([tokens.next().value, this.sum()]);
      else if (tokens.skip('name', 'in')) rest.push(['in', this.sum()]);
      else if (tokens.is('name', 'not') && tokens.following.type === 'name' && tokens.following.value === 'in') {
        tokens.next();
        tokens.next();
        rest.push(['not in', this.sum()]);
      } else break;
    }
    if (rest.length === 0) return first;
    return (scope) => {
      let left = first(scope);
      return rest.every(([sign, value]) => {
        const right = value(scope);
        const holds = comparisons[sign](left, right);
        left = right;
        return holds;
      });
    };
  }

  private sum(): Expression {
    return this.chain(['+', '-'], () => this.concatenation());
  }

  private concatenation(): Expression {
    const parts = [this.product()];
    while (this.tokens.skip('operator', '~')) parts.push(this.product());
    return parts.length === 1 ? parts[0] : (scope) => parts.map((part) => textOf(part(scope))).join('');
  }

  private product(): Expression {
    return this.chain(['*', '/', '//', '%'], () => this.chain(['**'], () => this.unary(true)));
  }

  /** Operators of equal rank, from left to right. */
  private chain(signs: readonly string[], read: () => Expression): Expression {
    let value = read();
    while (this.tokens.is('operator', ...signs)) {
      const operator = binary[this.tokens.next().value];
      const [left, right] = [value, read()];
      value = (scope) => operator(left(scope), right(scope));
    }
    return value;
  }

  private unary(withFilters: boolean): Expression {
    const { tokens } = this;
    let value: Expression;
    if (tokens.is('operator', '+', '-')) {
      const sign = tokens.next().value === '-' ? '-' : '+';
      const operand = this.unary(false);
      value = (scope) => signed(sign, operand(scope));
    } else value = this.primary();
    value = this.postfix(value);
    for (;;) {
      if (withFilters && tokens.skip('operator', '|')) value = this.filtered(value);
      else if (withFilters && tokens.skip('name', 'is')) value = this.test(value);
      else if (withFilters && tokens.is('operator', '(')) value = this.call(value);
      else return value;
    }
  }

  /** A literal or a name. */
  private primary(): Expression {
    const { tokens } = this;
    const { type, value } = tokens.current;
    if (type === 'name') return constantOrName(tokens.next().value);
    if (type === 'integer' || type === 'float') {
      tokens.next();
      const number = Number(value.replaceAll('_', ''));
      if (type === 'integer' && !Number.isSafeInteger(number)) throw new Error(`${value} is too large a number`);
      return () => (type === 'float' ? new Float(number) : number);
    }
    if (type === 'string') {
      let text = '';
      while (tokens.is('string')) text += tokens.next().value;
      return () => text;
    }
    if (tokens.skip('operator', '(')) {
      const read = tokens.is('operator', ')') ? (): Value => new Tuple([]) : this.tuple();
      tokens.expect('operator', ')');
      return read;
    }
    if (tokens.skip('operator', '[')) {
      const items = this.untilClosed(']', () => this.one());
      return (scope) => items.map((item) => item(scope));
    }
    if (!tokens.skip('operator', '{')) return this.fail();
    const pairs = this.untilClosed('}', () => {
      const key = this.one();
      tokens.expect('operator', ':');
      return [key, this.one()] as const;
    });
    return (scope) => new Dict(pairs.map(([key, held]) => [key(scope), held(scope)]));
  }

  private untilClosed<T>(bracket: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.tokens.skip('operator', bracket)) {
      if (items.length > 0) this.tokens.expect('operator', ',');
      if (this.tokens.skip('operator', bracket)) break;
      items.push(read());
    }
    return items;
  }

  /** Subscripts, attributes and calls behind a value. */
  private postfix(value: Expression): Expression {
    let whole = value;
    for (;;) {
      const longer = this.tokens.is('operator', '(') ? this.call(whole) : this.member(whole);
      if (longer === undefined) return whole;
      whole = longer;
    }
  }

  /** The subscript or attribute behind a value; undefined where none is. */
  private member(value: Expression): Expression | undefined {
    const { tokens } = this;
    if (tokens.skip('operator', '[')) {
      const keys = [this.subscript()];
      while (tokens.skip('operator', ',')) keys.push(this.subscript());
      tokens.expect('operator', ']');
      const [first] = keys;
      const tuple: Subscript = (of, scope) => getItem(of, new Tuple(keys.map((key) => key(of, scope))));
      const read = keys.length === 1 ? first : tuple;
      return (scope) => read(value(scope), scope);
    }
    if (!tokens.skip('operator', '.')) return undefined;
    if (tokens.is('integer')) {
      const place = Number(tokens.next().value);
      return (scope) => getItem(value(scope), place);
    }
    const name = tokens.expect('name');
    return (scope) => getAttribute(value(scope), name);
  }

  private call(value: Expression): Expression {
    const args = this.args();
    return (scope) => callValue(value(scope), ...args(scope));
  }

  /** A call that is the last of its tag, as what is called and with what. */
  callAtEnd(): readonly [callee: Expression, args: Arguments] {
    let value = this.primary();
    for (;;) {
      if (this.tokens.is('operator', '(')) {
        const args = this.args();
        if (this.tokens.is('end')) return [value, args];
        const callee = value;
        value = (scope) => callValue(callee(scope), ...args(scope));
      } else value = this.member(value) ?? this.fail();
    }
  }

  private subscript(): Subscript {
    const { tokens } = this;
    const limit = (): Expression | undefined => (tokens.is('operator', ':', ']', ',') ? undefined : this.one());
    const start = limit();
    if (!tokens.skip('operator', ':')) {
      const key = start ?? this.fail();
      return (of, scope) => getItem(of, key(scope));
    }
    const stop = limit();
    const step = tokens.skip('operator', ':') ? limit() : undefined;
    return (of, scope) => sliceOf(of, [start?.(scope), stop?.(scope), step?.(scope)]);
  }

  private test(value: Expression): Expression {
    const { tokens } = this;
    const negated = tokens.skip('name', 'not');
    const name = this.dotted();
    let args = none;
    if (tokens.is('operator', '(')) args = this.args();
    else if (
      tokens.is('string') ||
      tokens.is('integer') ||
      tokens.is('float') ||
      tokens.is('operator', '[', '{') ||
      (tokens.is('name') && !tokens.is('name', 'else', 'or', 'and'))
    ) {
      if (tokens.is('name', 'is')) throw new Error('a test follows a test');
      const only = this.postfix(this.primary());
      args = (scope) => [[only(scope)], new Map()];
    }
    return (scope) => names.test(name)(value(scope), args(scope)[0]) !== negated;
  }

  private dotted(): string {
    let name = this.tokens.expect('name');
    while (this.tokens.skip('operator', '.')) name += `.${this.tokens.expect('name')}`;
    return name;
  }

  /** What commas divide: one value, or a tuple; undefined for nothing. */
  private listed(read: () => Expression): Expression | undefined {
    const { tokens } = this;
    const ends = (): boolean =>
      tokens.is('end') || tokens.is('over') || tokens.is('operator', ')') || tokens.is('name', 'in');
    if (ends()) return undefined;
    const first = read();
    if (!tokens.is('operator', ',')) return first;
    const items = [first];
    while (tokens.skip('operator', ',') && !ends()) items.push(read());
    return (scope) => new Tuple(items.map((item) => item(scope)));
  }

  private fail(): never {
    throw this.tokens.unexpected('a value');
  }
}

type Subscript = (of: Value, scope: Scope) => Value;

const none: Arguments = () => [[], new Map()];

const constants: Readonly<Record<string, Value>> = { true: true, True: true, false: false, False: false, none: null, None: null }; // prettier-ignore

function constantOrName(name: string): Expression {
  if (Object.hasOwn(constants, name)) return () => constants[name];
  return (scope) => scope.get(name);
}

function spreadNames(value: Value): (readonly [string, Value])[] {
  if (value instanceof Dict) return value.entries.map(([key, held]) => [textOf(key), held]);
  throw new Error('argument after ** must be a mapping');
}
