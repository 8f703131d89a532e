/** A bound of a number: `<0.6`. */
export interface Comparison {
  readonly operator: '<' | '<=' | '>' | '>=' | '=';
  readonly value: number;
}
