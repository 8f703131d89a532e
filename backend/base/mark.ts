import { createHash } from 'node:crypto';

/** A mark that stands in none of these texts, and is the same for the same texts: what it fences in cannot end the fence. */
export function markOutside(texts: readonly string[]): string {
  for (let attempt = 0; ; attempt++) {
    const mark = createHash('sha256')
      .update(JSON.stringify([attempt, texts]))
      .digest('hex')
      .slice(0, 6);
    if (!texts.some((text) => text.includes(mark))) return mark;
  }
}
