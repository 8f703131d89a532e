import type { FullDocument } from '../../backend/protocol/records';

/** Characters that a tab has room for. */
const longest = 60;
/** Extensions of code that the editor colors; metadata may name the file that a document was. */
const code =
  /\.(c|cc|cpp|cs|css|go|h|hpp|html|java|js|json|jsx|kt|lua|m|md|php|pl|ps1|py|r|rb|rs|scala|sh|sql|swift|tex|toml|ts|tsx|xml|ya?ml)$/i;
/** Metadata in which corpora keep the name of a document's file. */
const nameFields = ['path', 'file_path', 'filename', 'file_name', 'file'];
/** Characters by which Markdown is told from plain text. */
const sample = 4000;
const markdown = [/^#{1,6} \S/m, /^(```|~~~)/m, /\[[^\]\n]+\]\(\S+\)/, /^\s*[-*] \S.*\n\s*[-*] \S/m];

/** The name of a document's tab: its own title or id, with an extension by which the editor knows its language. */
export function titleOf({ id, text, metadata }: Pick<FullDocument, 'id' | 'text' | 'metadata'>): string {
  const { title } = metadata;
  const name = typeof title === 'string' && title.trim() !== '' ? title.trim() : id;
  const short = name.length > longest ? `${name.slice(0, longest).trimEnd()}…` : name;
  return `${short.replaceAll(/\s+/g, ' ')}${extensionOf(id, text, metadata)}`;
}

function extensionOf(id: string, text: string, metadata: FullDocument['metadata']): string {
  const files = [...nameFields.map((field) => metadata[field]), id].filter((name) => typeof name === 'string');
  for (const file of files) {
    const extension = code.exec(file)?.[0];
    if (extension !== undefined) return id.endsWith(extension) && metadata.title === undefined ? '' : extension;
  }
  return isMarkdown(text.slice(0, sample)) ? '.md' : '.txt';
}

/** Two of its marks: a single one may stand in any text. */
function isMarkdown(text: string): boolean {
  return markdown.filter((mark) => mark.test(text)).length >= 2;
}
