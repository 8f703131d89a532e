/** What a change did to a text: so many characters at an offset became others. */
export interface Change {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** Where an offset is after a change; `edge`: whether it goes along with what is written right there. */
export function moved(
  offset: number,
  { rangeOffset, rangeLength, text }: Change,
  edge: 'stays' | 'goes along',
): number {
  const rangeEnd = rangeOffset + rangeLength;
  if (offset < rangeOffset || (offset === rangeOffset && edge === 'stays')) return offset;
  if (offset >= rangeEnd) return offset + text.length - rangeLength;
  return edge === 'stays' ? rangeOffset : rangeOffset + text.length;
}
