import type { FullDocument } from '../../backend/protocol/records';

/** Characters that a tab has room for. */
const longest = 60;
/** Extensions of code that the editor colors; metadata may name the file that a document was. */
const code =
  /\.(c|cc|cpp|cs|css|go|h|hpp|html|java|js|json|jsx|kt|lua|m|md|php|pl|ps1|py|r|rb|rs|scala|sh|sql|swift|tex|toml|ts|tsx|xml|ya?ml)$/i;
/** An id that is the path or the name of a file. */
const isFile = /\.[a-z]\w{0,5}$|[/\\]/i;
/** Metadata in which corpora keep the name of a document's file. */
const nameFields = ['path', 'file_path', 'filename', 'file_name', 'file'];
/** Characters by which Markdown is told from plain text. */
const sample = 4000;
const markdown = [/^#{1,6} \S/m, /^(```|~~~)/m, /\[[^\]\n]+\]\(\S+\)/, /^\s*[-*] \S.*\n\s*[-*] \S/m];

/**
 * The name of a document's tab: its own title, the file that it was, or what it is called in lists; with an extension by which the editor
 * knows its language.
 */
export function titleOf({ id, text, metadata }: Pick<FullDocument, 'id' | 'text' | 'metadata'>): string {
  const { title } = metadata;
  const file = nameFields.map((field) => metadata[field]).find((name) => typeof name === 'string');
  const isTitled = typeof title === 'string' && title.trim() !== '';
  const own = isTitled ? title : file?.split(/[/\\]/).at(-1);
  const name = beginningOf(own ?? documentName(id, text.slice(0, sample), longest), longest);
  return code.test(name) ? name : `${name}${extensionOf([file, id], text)}`;
}

/** What a document is called in lists: its first words, so many characters at most; its id where that is the name of a file, or there are no words. */
export function documentName(id: string, text: string, most: number): string {
  return isFile.test(id) ? id : beginningOf(text, most) || id;
}

/** Whole words, on one line, with an ellipsis where something is left out. */
function beginningOf(text: string, most: number): string {
  const line = text.trim().replaceAll(/\s+/gu, ' ');
  if (line.length <= most) return line;
  const cut = line.slice(0, most + 1).replace(/\s*\S*$/u, '') || line.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return `${cut}…`;
}

function extensionOf(files: readonly (string | undefined)[], text: string): string {
  const [extension] = files.flatMap((file) => code.exec(file ?? '')?.[0] ?? []);
  return extension ?? (isMarkdown(text.slice(0, sample)) ? '.md' : '.txt');
}

/** Two of its marks: a single one may stand in any text. */
function isMarkdown(text: string): boolean {
  return markdown.filter((mark) => mark.test(text)).length >= 2;
}
