/** A text as paragraphs in reading order; a block with line breaks inside is kept as it stands (verse, code, lists). */
export type Blocks = string[];

const named: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ldquo: '"', rdquo: '"', lsquo: "'", rsquo: "'",
  mdash: '—', ndash: '–', hellip: '…', times: '×', copy: '©', reg: '®', trade: '™', bull: '•', middot: '·', shy: '', para: '',
  eacute: 'é', egrave: 'è', agrave: 'à', ccedil: 'ç', ouml: 'ö', uuml: 'ü', auml: 'ä', oslash: 'ø', aring: 'å',
  szlig: 'ß', le: '≤', ge: '≥', ne: '≠', minus: '−', plusmn: '±', rarr: '→', larr: '←', infin: '∞', pi: 'π',
  alpha: 'α', beta: 'β', gamma: 'γ', delta: 'δ', lambda: 'λ', mu: 'μ', sigma: 'σ', omega: 'ω', deg: '°',
  ensp: ' ', emsp: ' ', thinsp: ' ', zwj: '', zwnj: '', lceil: '⌈', rceil: '⌉', lfloor: '⌊', rfloor: '⌋', isin: '∈',
}; // prettier-ignore

/** Resolves HTML and XML character references; an unknown name stays as it stands. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w{2,8}));/gi, (whole, hex, decimal, name) => {
    if (typeof name === 'string') return named[name] ?? whole;
    const code = typeof hex === 'string' ? parseInt(hex, 16) : Number(decimal);
    return code > 0 && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '';
  });
}

/**
 * One spelling for characters that differ only in typography: straight quotes, plain spaces, no soft hyphens or control
 * characters. A small vocabulary cannot afford both spellings.
 */
export function normalise(text: string): string {
  return text
    .replace(/[‘’‛]/g, "'")
    .replace(/[“”„‟]/g, '"')
    .replace(/[\u00a0\u2000-\u200a\u202f]/g, ' ')
    .replace(/[\u00ad\u200b-\u200f\ufeff\ufffd]/g, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '') // eslint-disable-line no-control-regex
    .replace(/[ \t]+\n/g, '\n');
}

/** One line: every run of white space becomes a space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A paragraph of a plain text: hard-wrapped prose becomes one line; verse, lists, tables and code keep their lines. */
export function unwrap(paragraph: string): string {
  const lines = paragraph.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return oneLine(paragraph);
  const body = lines.slice(0, -1);
  const average = body.reduce((sum, line) => sum + line.trim().length, 0) / body.length;
  const items = lines.filter((line) => /^\s*([-*•+]|\d+[.)])\s/.test(line)).length;
  if (items === 0 && average >= 48 && !body.some((line) => /\S {3,}\S|[{};]\s*$/.test(line))) {
    return oneLine(lines.map((line) => line.trim()).join(' '));
  }
  if (items > 1) return joinItems(lines);
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent).trimEnd()).join('\n');
}

function joinItems(lines: readonly string[]): string {
  const items: string[] = [];
  for (const line of lines) {
    if (items.length === 0 || /^\s*([-*•+]|\d+[.)])\s/.test(line)) items.push(oneLine(line));
    else items[items.length - 1] += ` ${oneLine(line)}`;
  }
  return items.join('\n');
}

/** Plain text with blank lines between paragraphs. */
export function plain(text: string): Blocks {
  return text.split(/\n\s*\n/).map(unwrap);
}

/** Markdown and reStructuredText: prose without its marks, code blocks as they stand. */
export function markdown(text: string): Blocks {
  const blocks: Blocks = [];
  for (const [i, part] of text.split(/^\s*```.*$/m).entries()) {
    if (i % 2 === 1) blocks.push(part.replace(/^\n+|\s+$/g, ''));
    else blocks.push(...plain(stripMarks(part)));
  }
  return blocks;
}

function stripMarks(text: string): string {
  return text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^\[[^\]]+\]:.*$/gm, '')
    .replace(/!\[[^\]]*\]\s*(\([^)]*\)|\[[^\]]*\])/g, '')
    .replace(/\[([^\]\n]+)\](\([^)\n]*\)|\[[^\]\n]*\])/g, '$1')
    .replace(/^[=\-~^"*#]{3,}$/gm, '')
    .replace(/^\.\. .*(\n[ \t]+.*)*$/gm, '')
    .replace(/^#+\s*(.*?)\s*#*$/gm, '\n$1\n')
    .replace(/^> ?/gm, '')
    .replace(/\*\*|__|``/g, '')
    .replace(/(^|[\s("'])[_*]([^_*\n][^_*]*)[_*](?=[\s.,;:!?)"']|$)/gm, '$1$2')
    .replace(/:[a-z:]+:`~?([^`<]+)( <[^>]*>)?`/g, '$1')
    .replace(/\s*:: *$/gm, ':');
}

/** Source code: pieces between blank lines, byte for byte apart from trailing spaces. */
export function code(text: string): Blocks {
  return text
    .replace(/^#!.*\n/, '')
    .replace(/^\s*\W{12,}$/gm, '')
    .split(/\n{2,}/)
    .map((piece) => piece.trimEnd());
}
