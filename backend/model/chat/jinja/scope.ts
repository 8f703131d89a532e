/** Names of a template: what it sets, what it is given, and what every template knows. */
import { Undefined, type Value } from './values';

export class Scope {
  private readonly own = new Map<string, Value>();

  constructor(private readonly outer?: Scope) {}

  get(name: string): Value {
    const found = this.own.get(name);
    if (found !== undefined) return found;
    return this.outer === undefined ? new Undefined(`'${name}' is undefined`) : this.outer.get(name);
  }

  set(name: string, value: Value): void {
    this.own.set(name, value);
  }
}
