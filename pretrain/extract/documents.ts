/** Longest document and the length below which a remainder joins the document before it, in characters. */
const longest = 6000;
const shortest = 500;

/** A line that occurs more often than this in one source is a header, a footer or a template. */
const boilerplate = 50;

/**
 * The blocks of each file that are worth learning from: without lines that repeat all over the source, without tables of
 * symbols, and without paragraphs that `isNew` has met before.
 */
export function cleanBlocks(
  files: readonly string[][],
  kind: 'code' | 'prose',
  isNew: (block: string, before: string) => boolean,
): string[][] {
  const counts = new Map<string, number>();
  if (kind === 'prose') for (const blocks of files) for (const block of blocks) countLines(block, counts);
  return files.map((blocks) =>
    blocks
      .map((block) => (kind === 'prose' ? dropRepeated(block, counts) : block))
      .filter(
        (block, i) => block.trim() !== '' && (kind === 'code' || !isNoise(block)) && isNew(block, blocks[i - 1] ?? ''),
      ),
  );
}

function countLines(block: string, counts: Map<string, number>): void {
  for (const line of block.split('\n')) {
    if (line.length >= 12) counts.set(line, (counts.get(line) ?? 0) + 1);
  }
}

function dropRepeated(block: string, counts: ReadonlyMap<string, number>): string {
  return block
    .split('\n')
    .filter((line) => (counts.get(line) ?? 0) <= boilerplate)
    .join('\n');
}

/** Tables of numbers, rulers, symbol lists, encoded data. */
function isNoise(block: string): boolean {
  if (block.length < 20) return !/[a-z]/i.test(block);
  const letters = block.match(/\p{L}| (?=\S)/gu)?.length ?? 0;
  return letters / block.replace(/ {2,}/g, ' ').length < 0.55 || /\S{80}/.test(block);
}

/** Joins blocks to documents of at most 6000 characters; longer blocks are cut between sentences or lines. */
export function packDocuments(blocks: readonly string[], separator: string): string[] {
  const documents: string[] = [];
  let current = '';
  for (const block of blocks.flatMap(splitLong)) {
    if (current !== '' && current.length + block.length > longest) {
      documents.push(current);
      current = '';
    }
    current += (current === '' ? '' : separator) + block;
  }
  if (current === '') return documents;
  const last = documents.at(-1);
  if (last !== undefined && current.length < shortest) documents[documents.length - 1] = last + separator + current;
  else if (current.length >= shortest / 4) documents.push(current);
  return documents;
}

function splitLong(block: string): string[] {
  if (block.length <= longest) return [block];
  const pieces: string[] = [];
  let current = '';
  for (const sentence of block.split(/(?<=[.!?]["')]?\s)(?=["'(]?[A-Z])|(?<=\n)/)) {
    if (current !== '' && current.length + sentence.length > longest / 2) {
      pieces.push(current.trimEnd());
      current = '';
    }
    current += sentence;
  }
  return [...pieces, current.trimEnd()];
}

const common = new Set('the of and to a in is that it for with as on be by this are or was you not from'.split(' '));

/** Whether a document reads as English: common words occur often enough and few letters are beyond ASCII. */
export function isEnglish(text: string): boolean {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const hits = words.filter((word) => common.has(word)).length;
  const foreign = text.match(/[^\x00-\x7f]/g)?.length ?? 0; // eslint-disable-line no-control-regex
  return words.length > 10 && hits / words.length > 0.09 && foreign / text.length < 0.03;
}
