import { decodeEntities, oneLine, plain, unwrap, type Blocks } from './text';

const blockTags =
  'p|div|h[1-6]|ul|ol|dl|dt|dd|tr|td|th|table|section|article|blockquote|figure|figcaption|center|hr|title|para|' +
  'sect[1-5]|chapter|term|varlistentry|itemizedlist|note|tip|caption|simpara|formalpara|page|synopsis|body|form';

const dropped = [
  /<!--[\s\S]*?-->/g,
  /<(script|style|head|nav|header|footer|svg|noscript|info|comment|button|select|math)\b[\s\S]*?<\/\1\s*>/gi,
  /<div class="(sphinxsidebar|related|clearer|nav[^"]*|footer|toc|TOC)[^"]*"[\s\S]*?<\/div>/g,
  /<dt[^>]*class="[^"]*\bsig\b[\s\S]*?<\/dt>/g,
  /<a class="headerlink"[\s\S]*?<\/a>/g,
  /<table\b(?:(?!<table\b)[\s\S])*?<\/table>/gi,
  /<\?[\s\S]*?\?>|<!\[CDATA\[|\]\]>|<!DOCTYPE[^>[]*(\[[\s\S]*?\])?\s*>/gi,
];

/** HTML, DocBook and Mallard: the prose of the block elements and the lines of `<pre>`; no navigation, scripts, tables. */
export function html(source: string): Blocks {
  let text = source;
  for (const pattern of dropped) text = text.replace(pattern, '\n\n');
  const blocks: Blocks = [];
  for (const [i, part] of text
    .split(/<(?:pre|screen|programlisting|code mime[^>]*)\b[^>]*>([\s\S]*?)<\/(?:pre|screen|programlisting|code)>/i)
    .entries()) {
    if (i % 2 === 1) blocks.push(stripTags(part).replace(/^\n+|\s+$/g, ''));
    else blocks.push(...prose(part));
  }
  return blocks;
}

function prose(part: string): Blocks {
  const marked = part
    .replace(/\s+/g, ' ')
    .replace(/<(li|listitem|item)\b[^>]*>\s*(<(p|para|simpara)\b[^>]*>)?/gi, '\n\n- ')
    .replace(/<br\b[^>]*>/gi, '\n')
    .replace(new RegExp(`</?(${blockTags})\\b[^>]*>`, 'gi'), '\n\n');
  const blocks = stripTags(marked)
    .split(/\n{2,}/)
    .map((block) => block.split('\n').map(oneLine).join('\n').trim())
    .filter((block) => block !== '' && block !== '-');
  return joinLists(blocks);
}

function joinLists(blocks: readonly string[]): Blocks {
  const joined: Blocks = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (block.startsWith('- ') && last?.startsWith('- ')) joined[joined.length - 1] = `${last}\n${block}`;
    else joined.push(block);
  }
  return joined;
}

function stripTags(text: string): string {
  return decodeEntities(text.replace(/<\/?[a-z!][^<>]*>/gi, ''));
}

/** Manual pages (roff with the man macros). */
export function roff(source: string): Blocks {
  const lines: string[] = [];
  let verbatim = false;
  for (const line of source.replace(/^\.\\".*\n/gm, '').split('\n')) {
    if (/^\.(nf|EX)\b/.test(line)) verbatim = true;
    if (/^\.(fi|EE)\b/.test(line)) verbatim = false;
    if (/^[.'](SH|SS)\b/.test(line)) lines.push('', roffText(line.slice(3)), '');
    else if (/^[.'](B|I|BR|IR|RB|RI|BI|IB|SB|SM)\s/.test(line)) lines.push(roffText(roffArguments(line)));
    else if (/^[.']/.test(line)) lines.push('');
    else lines.push((verbatim ? '    ' : '') + roffText(line));
  }
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .map((block) => (block.startsWith('    ') ? block.trimEnd() : oneLine(block)));
}

/** Alternating-font macros set their arguments side by side; the plain font macros set spaces between. */
function roffArguments(line: string): string {
  const [macro = '', ...words] = line.slice(1).match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replace(/"/g, '')).join(macro.length === 2 && macro !== 'SM' ? '' : ' ');
}

function roffText(text: string): string {
  return text
    .replace(/\\f(\[[^\]]*\]|\(..|.)|\\[&|^/,%:]|\\s[-+]?\d/g, '')
    .replace(/\\\(aq|\\\[aq\]|\\\(cq|\\\(oq/g, "'")
    .replace(/\\\((lq|rq|dq)|\\\[(lq|rq|dq)\]/g, '"')
    .replace(/\\\(em|\\\[em\]/g, '—')
    .replace(/\\\((hy|en|mi)|\\-/g, '-')
    .replace(/\\\(bu/g, '•')
    .replace(/\\e|\\\(rs/g, '\\')
    .replace(/\\ |\\~|\\0/g, ' ')
    .replace(/\\\(..|\\\[[^\]]*\]|\\\*\(..|\\".*$/g, '')
    .replace(/^ *"|"$/g, '');
}

/** Perl's plain old documentation. */
export function pod(source: string): Blocks {
  const blocks: Blocks = [];
  for (const block of source.split(/\n\s*\n/)) {
    const [, directive = '', rest = ''] = /^=(\w+)\s*([\s\S]*)$/.exec(block) ?? [];
    if (directive === '') blocks.push(/^[ \t]/.test(block) ? block.trimEnd() : podText(unwrap(block)));
    else if (directive.startsWith('head')) blocks.push(podText(oneLine(rest)));
    else if (directive === 'item' && rest !== '*') blocks.push(`- ${podText(oneLine(rest.replace(/^\*\s*/, '')))}`);
  }
  return blocks;
}

function podText(text: string): string {
  let result = text
    .replace(/E<lt>/g, '\ue001')
    .replace(/E<gt>/g, '\ue002')
    .replace(/[XZ]<[^<>]*>/g, '');
  for (let depth = 0; depth < 3; depth++) {
    result = result
      .replace(/[A-Z]<<+ (.*?) >>+/g, '$1')
      .replace(/L<([^<>|]*)\|[^<>]*>/g, '$1')
      .replace(/[BCFISL]<([^<>]*)>/g, '$1');
  }
  return result
    .replace(/\ue001/g, '<')
    .replace(/\ue002/g, '>')
    .replace(/E<\w+>/g, '');
}

/** LaTeX, Sweave and R Markdown notes: the sentences, with formulas as they stand. */
export function latex(source: string): Blocks {
  const body = source
    .replace(/^[\s\S]*?\\begin\{document\}/, '')
    .replace(/(^|[^\\])%.*$/gm, '$1')
    .replace(/<<[^>]*>>=[\s\S]*?^@.*$/gm, '\n\n')
    .replace(/\\begin\{(figure|table|tabular|thebibliography|verbatim)\*?\}[\s\S]*?\\end\{\1\*?\}/g, '\n\n')
    .replace(/\\(?:sub)*(?:section|chapter|paragraph|title)\*?\{([^{}]*)\}/g, '\n\n$1\n\n')
    .replace(
      /\\(begin|end|label|cite[a-z]*|ref|index|vspace|hspace|includegraphics|usepackage|input|bibliography[a-z]*)(\[[^\]]*\])*\{[^{}]*\}/g,
      '',
    )
    .replace(/\\item\b(\[[^\]]*\])?/g, '\n\n- ')
    .replace(
      /\\(emph|textit|textbf|texttt|code|pkg|Rfunction|Robject|kbd|tt|it|bf|em|rm|sl|url|B|b|var|text)\b\*?\s*\{([^{}]*)\}/g,
      '$2',
    )
    .replace(/\{\\(em|it|bf|tt|rm|sl)\s+([^{}]*)\}/g, '$2')
    .replace(
      /\\(noindent|bigskip|medskip|smallskip|newpage|clearpage|maketitle|tableofcontents|par|centering)\b/g,
      '\n\n',
    )
    .replace(/``|''/g, '"')
    .replace(/\\([%&#_$])/g, '$1')
    .replace(/~/g, ' ');
  return plain(body);
}
