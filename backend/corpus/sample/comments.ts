/** The paragraphs of documentation comments, without examples, tags and markup. */
export function commentParagraphs(source: string): string[] {
  return [...source.matchAll(/\/\*\*([\s\S]*?)\*\//g)].flatMap(([, comment]) => {
    return comment
      .replace(/^[ \t]*\* ?/gm, '')
      .replace(/```[\s\S]*?(```|$)/g, '\n\n')
      .replace(/^\s*@[\s\S]*/m, '')
      .replace(/\{@link\s+(?:[^\s}]+\s)?([^}]*)\}/g, '$1')
      .replace(/\[((?:\\.|[^\]\\])*)\]\([^)]*\)/g, '$1')
      .replace(/<\/?[a-z][^>]*>|[`*]+|^\s*(?:>|#+|-|\d+\.)\s+/gim, '')
      .split(/\n\s*\n/);
  });
}
