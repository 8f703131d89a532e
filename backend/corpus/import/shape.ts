import { formatNumber } from '../../base/format';

/** Of all texts: from which share on one of them is told, where there are several. */
const HUGE = 0.3;
/** Texts shorter than this are not looked at for repetition; of longer ones only so much is. Characters. */
const LOOKED_AT = { least: 500, most: 2 ** 16 };
/** Share of a text's windows that stand in it before, from which on it says the same again and again. */
const REPETITIVE = 0.9;
/** Texts that are named. */
const NAMED = 3;

/** Notices what would spoil training: one text that is most of the corpus, texts that repeat themselves. */
export class CorpusShape {
  private characters = 0;
  private longest = { length: 0, place: '' };
  private texts = 0;
  private repetitive = 0;
  private readonly named: string[] = [];

  /** `place`: where the text stands in the source. */
  add(text: string, place: string): void {
    this.texts++;
    this.characters += text.length;
    if (text.length > this.longest.length) this.longest = { length: text.length, place };
    if (text.length < LOOKED_AT.least || !repeatsItself(text)) return;
    this.repetitive++;
    if (this.named.length < NAMED) this.named.push(place);
  }

  warnings(): string[] {
    const share = this.longest.length / this.characters;
    const huge =
      this.texts > 1 && share >= HUGE
        ? [`One text is ${Math.round(100 * share)} % of all texts by its length: ${this.longest.place}.`]
        : [];
    if (this.repetitive === 0) return huge;
    const more = this.repetitive > this.named.length ? ', …' : '';
    const count = formatNumber(this.repetitive, 'text repeats itself', 'texts repeat themselves');
    return [...huge, `${count} over and over: ${this.named.join('; ')}${more}.`];
  }
}

/** UTF-16 units of a window: a word or two. */
const WINDOW = 8;
const BASE = 0x01000193;
/** BASE ** WINDOW: what a unit weighs when it leaves the window. */
const LEAVING = Array.from({ length: WINDOW }).reduce<number>((power) => Math.imul(power, BASE), 1);
const seen = new Int32Array(2 ** 14);

/** Whether nearly all windows of a text stand in it before, by their hashes. */
function repeatsItself(text: string): boolean {
  seen.fill(0);
  const length = Math.min(text.length, LOOKED_AT.most);
  let window = 0;
  let again = 0;
  for (let i = 0; i < length; i++) {
    window = (Math.imul(window, BASE) + text.charCodeAt(i)) | 0;
    if (i >= WINDOW) window = (window - Math.imul(text.charCodeAt(i - WINDOW), LEAVING)) | 0;
    const place = Math.imul(window, 0x21f0aaad) >>> 18;
    if (seen[place] === window) again++;
    else seen[place] = window;
  }
  return again > REPETITIVE * length;
}
