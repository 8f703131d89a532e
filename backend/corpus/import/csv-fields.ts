const QUOTE = '"';
const BACKSLASH = '\\';

/** How a table writes its fields, beyond RFC 4180. */
export interface FieldRules {
  readonly delimiter: string;
  /** A backslash before a quote or a backslash within quotes makes it an ordinary character: Spark, MySQL. */
  readonly escapes?: boolean;
  /** Spaces around a quoted field are no part of it. */
  readonly spaces?: boolean;
  /** Quotes are ordinary characters: tables that tabs part. */
  readonly plain?: boolean;
}

/** Takes a record line by line. A quote inside an unquoted field is an ordinary character. */
export class FieldParser {
  readonly values: string[] = [];
  /** Fields that spaces surround. */
  spaced = 0;
  /** What a quoted field holds so far; undefined outside of one. */
  private quoted: string | undefined;

  constructor(private readonly rules: FieldRules) {}

  /** `open`: a quoted field goes on in the next line. `stray`: the quotes make no sense. */
  read(text: string, end: string): 'whole' | 'open' | 'stray' {
    const { delimiter } = this.rules;
    let place = 0;
    for (;;) {
      if (this.quoted === undefined) {
        const begin = this.opening(text, place);
        if (begin === undefined) {
          const next = text.indexOf(delimiter, place);
          this.values.push(next === -1 ? text.slice(place) : text.slice(place, next));
          if (next === -1) return 'whole';
          place = next + delimiter.length;
          continue;
        }
        if (begin > place) this.spaced++;
        this.quoted = '';
        place = begin + 1;
      }
      const after = this.closing(text, place);
      if (after === undefined) {
        this.quoted += end;
        return 'open';
      }
      this.values.push(this.quoted);
      this.quoted = undefined;
      place = this.rules.spaces === true ? skipSpaces(text, after) : after;
      if (place === text.length) return 'whole';
      if (!text.startsWith(delimiter, place)) return 'stray';
      place += delimiter.length;
    }
  }

  /** Where the quote stands that opens the field at a place; undefined where none does. */
  private opening(text: string, place: number): number | undefined {
    if (this.rules.plain === true) return undefined;
    const begin = this.rules.spaces === true ? skipSpaces(text, place) : place;
    return text[begin] === QUOTE ? begin : undefined;
  }

  /** Takes what stands before the closing quote. Returns the place after it, undefined where it is not on this line. */
  private closing(text: string, from: number): number | undefined {
    let place = from;
    for (;;) {
      const close = text.indexOf(QUOTE, place);
      const escape = this.rules.escapes === true ? text.indexOf(BACKSLASH, place) : -1;
      if (escape !== -1 && (close === -1 || escape < close)) {
        const next = text[escape + 1];
        const isEscape = next === QUOTE || next === BACKSLASH;
        this.quoted += text.slice(place, escape) + (isEscape ? next : BACKSLASH);
        place = escape + (isEscape ? 2 : 1);
        continue;
      }
      if (close === -1) {
        this.quoted += text.slice(place);
        return undefined;
      }
      this.quoted += text.slice(place, close);
      if (text[close + 1] !== QUOTE) return close + 1;
      this.quoted += QUOTE;
      place = close + 2;
    }
  }
}

function skipSpaces(text: string, from: number): number {
  let place = from;
  while (text[place] === ' ') place++;
  return place;
}
