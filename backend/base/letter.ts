/** The letter of expert or pile number `index`: A … Z, then AA, AB … It stands wherever a colour stands. */
export function expertLetter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : expertLetter(Math.floor(index / 26) - 1) + last;
}

/** The base model where it speaks among experts: a name, and no letter. */
export const baseVoice = { letter: 'Base', name: 'model' } as const;

/** The number of a letter, in either case; undefined for what is none. */
export function letterIndex(letter: string): number | undefined {
  if (!/^[a-z]{1,4}$/i.test(letter)) return undefined;
  return [...letter.toUpperCase()].reduce((index, char) => (index + 1) * 26 + char.charCodeAt(0) - 65, -1);
}
