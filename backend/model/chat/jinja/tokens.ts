import type { Token } from './lexer';

/** The tokens of a template, read one after the other. */
export class Tokens {
  private at = 0;

  constructor(private readonly all: readonly Token[]) {}

  get current(): Token {
    return this.all[Math.min(this.at, this.all.length - 1)];
  }

  get following(): Token {
    return this.all[Math.min(this.at + 1, this.all.length - 1)];
  }

  next(): Token {
    const { current } = this;
    this.at++;
    return current;
  }

  is(type: Token['type'], ...values: readonly string[]): boolean {
    const { current } = this;
    return current.type === type && (values.length === 0 || values.includes(current.value));
  }

  /** Reads a token if it is this one. */
  skip(type: Token['type'], value: string): boolean {
    const is = this.is(type, value);
    if (is) this.at++;
    return is;
  }

  /** Reads a token that has to be one of these. */
  expect(type: Token['type'], ...values: readonly string[]): string {
    if (this.is(type, ...values)) return this.next().value;
    throw this.unexpected(values.length === 0 ? type : values.map((value) => `'${value}'`).join(' or '));
  }

  unexpected(wanted: string): Error {
    const { type, value } = this.current;
    return new Error(`${wanted} is expected where '${value === '' ? type : value}' stands`);
  }
}
