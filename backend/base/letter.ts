/** The letter of expert or pile number `index`: A … Z, then AA, AB … It stands wherever a colour stands. */
export function expertLetter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : expertLetter(Math.floor(index / 26) - 1) + last;
}
